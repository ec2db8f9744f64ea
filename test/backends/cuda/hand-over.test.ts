import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Script } from './scripted-launcher.js';
import { closeScripted, openScripted, pass } from './scripted-setup.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** An open backend of so many workers with the requests named, prepared on worker 0, and what each worker is sent from then on. */
async function setup(worldSize: number, requestIds: string, script?: Script) {
  const all = await openScripted(worldSize, script);
  for (const id of requestIds.split(' ')) all.prepare(id);
  await pass();
  return { ...all, sent: all.scripted.workers.map((worker) => all.since(worker)) };
}

const both = (gone: string) => ({
  status: 'rejected',
  error: { code: 'chunk-failed', state: 'intact', requestIds: [gone] },
});

describe('a worker is handed', () => {
  it('nothing of a request that it prepared', async () => {
    const all = await setup(2, 'a');
    const ran = [all.run('a', [0])];
    await pass();
    ran.push(all.run('a', [0], { steps: 8 }));
    await pass();
    const finished = all.finish('a');
    await pass();
    expect(ran.map(({ value }) => value?.steps)).toEqual([2, 8]);
    expect(finished.value).toMatchObject({ contentType: 'image/png', width: 64, height: 64 });
    expect(all.sent.map((words) => words())).toEqual([['run 0', 'run 0', 'finish'], []]);
    expect(await closeScripted(all)).toEqual([]);
  });

  it('what it lacks of a request that was elsewhere, and no more', async () => {
    const all = await setup(3, 'a');
    for (const gpus of [[1], [0, 1], [2]]) {
      const ran = all.run('a', gpus);
      await pass();
      expect(ran.value?.steps).toBe(2);
    }
    expect(all.sent.map((words) => words())).toEqual([
      ['load latents 2', 'run 0,1'],
      ['load conditioning 0', 'load latents 0', 'run 1', 'run 0,1'],
      ['load conditioning 4', 'load latents 4', 'run 2'],
    ]);
    expect(await closeScripted(all)).toEqual([]);
  });

  it('what it lacks of each request of a batch', async () => {
    const all = await setup(2, 'a b');
    all.run('a', [1]);
    await pass();
    const ran = all.run('a b', [0, 1]);
    await pass();
    expect(ran.value?.steps).toBe(2);
    expect(all.sent.map((words) => words())).toEqual([
      ['load latents 2', 'run 0,1'],
      [...['load conditioning 0', 'load latents 0', 'run 1'], ...['load conditioning 0', 'load latents 0', 'run 0,1']],
    ]);
  });

  it('everything anew where it was started anew', async () => {
    const all = await setup(2, 'a');
    all.run('a', [1]);
    await pass();
    all.scripted.at(1).exit();
    await pass(100);
    const sent = all.since(all.scripted.at(1));
    const ran = all.run('a', [1]);
    await pass();
    expect(ran.value?.steps).toBe(2);
    expect(sent()).toEqual(['load conditioning 2', 'load latents 2', 'run 1']);
  });

  it('what was completed before a chunk that failed', async () => {
    let fails = false;
    const all = await setup(2, 'a', ({ say }, type, { header }) => {
      if (type !== 'run' || !fails) return false;
      say({ type: 'failed', call: header['call'], code: 'internal', detail: 'no' });
      return true;
    });
    all.run('a', [0]);
    await pass();
    fails = true;
    all.run('a', [0]);
    await pass();
    fails = false;
    const again = [all.run('a', [0])];
    await pass();
    again.push(all.run('a', [1]));
    await pass();
    expect(again.map(({ value }) => value?.steps)).toEqual([2, 2]);
    expect(all.sent[1]!()).toEqual(['load conditioning 4', 'load latents 4', 'run 1']);
  });
});

describe('latents that are still on their way', () => {
  it('are waited for', async () => {
    const all = await setup(2, 'a');
    all.scripted.at(0).keepsLatents = true;
    all.run('a', [0]);
    await pass();
    const ran = all.run('a', [1]);
    await pass(1000);
    expect(ran.status).toBe('pending');
    expect(all.sent[1]!()).toEqual(['load conditioning 2']);
    all.scripted.at(0).handLatentsOver();
    await pass();
    expect(ran.value?.steps).toBe(2);
    expect(all.sent[1]!()).toEqual(['load conditioning 2', 'load latents 2', 'run 1']);
  });

  it.each([
    ['before the next chunk', true],
    ['while the next chunk waits for them', false],
  ])('are fetched from another worker of the group where theirs is lost %s', async (_, isBefore) => {
    const all = await setup(3, 'a');
    all.scripted.at(0).keepsLatents = true;
    all.run('a', [0, 1]);
    await pass();
    if (isBefore) all.scripted.at(0).exit();
    await pass();
    const ran = all.run('a', [2]);
    await pass();
    if (!isBefore) all.scripted.at(0).exit();
    await pass();
    expect(ran.value?.steps).toBe(2);
    expect(all.sent[1]!().slice(-2)).toEqual(['drop 0-1', 'fetch']);
    expect(all.sent[2]!()).toEqual(['load conditioning 2', 'load latents 2', 'run 2']);
    expect(await closeScripted(all)).toEqual([]);
  });

  it.each<[string, Script]>([
    [
      'does not have them after all',
      ({ rank, say }, type, { header }) => {
        if (type !== 'fetch' || rank !== 1) return false;
        say({ type: 'failed', call: header['call'], code: 'not-prepared', detail: 'no' });
        return true;
      },
    ],
    [
      'is lost over it',
      ({ rank, exit }, type) => {
        if (type !== 'fetch' || rank !== 1) return false;
        exit();
        return true;
      },
    ],
  ])('are fetched from a third one where the second one %s', async (_, script) => {
    const all = await setup(5, 'a', script);
    all.scripted.at(0).keepsLatents = true;
    all.run('a', [0, 1, 2, 3]);
    await pass();
    all.scripted.at(0).exit();
    await pass();
    const ran = all.run('a', [4]);
    await pass();
    expect(ran.value?.steps).toBe(2);
    expect([1, 2, 3].map((rank) => all.sent[rank]!().includes('fetch'))).toEqual([true, true, false]);
  });

  it.each([
    ['before the next chunk', true],
    ['while the next chunk waits for them', false],
  ])('are gone with the request where no worker has them any more, lost %s', async (_, isBefore) => {
    const all = await setup(2, 'a b');
    all.scripted.at(0).keepsLatents = true;
    all.run('a', [0]);
    await pass();
    if (isBefore) all.scripted.at(0).exit();
    await pass();
    // Who shares the chunk is not to blame, and goes on.
    const ran = all.run('a', [1]);
    await pass();
    if (!isBefore) all.scripted.at(0).exit();
    await pass();
    expect(ran).toMatchObject(both('a'));
    expect(ran.error?.message).toBe('the state of request "a" went with a lost worker');
    const [again, other] = [all.run('a', [1]), all.run('b', [1])];
    await pass();
    expect(again).toMatchObject({ status: 'rejected', error: { code: 'not-prepared' } });
    expect(other.value?.steps).toBe(2);
    expect(all.backend.held()).toBe(1);
    expect(all.sent[1]!()).toContain('release');
    // What is gone can be made anew.
    const prepared = all.prepare('a', { gpu: 1 });
    await pass();
    expect(prepared.status).toBe('resolved');
    expect(await closeScripted(all)).toEqual([]);
  });

  it('take nothing but their own request with them', async () => {
    const all = await setup(2, 'a b');
    all.scripted.at(0).keepsLatents = true;
    const first = all.run('a', [0]);
    await pass();
    all.run('b', [1]);
    await pass();
    expect(first.value?.steps).toBe(2);
    all.scripted.at(0).exit();
    await pass(100);
    const batch = all.backend.run({
      members: [
        { requestId: 'a', fromStep: 2 },
        { requestId: 'b', fromStep: 2 },
      ],
      ...{ steps: 1, gpus: [0, 1], signal: new AbortController().signal },
    });
    await expect(batch).rejects.toMatchObject({ code: 'chunk-failed', state: 'intact', requestIds: ['a'] });
    const ran = all.run('b', [0, 1]);
    await pass();
    expect(ran.value?.steps).toBe(2);
    expect(all.backend.held()).toBe(1);
  });

  it('are of no more use when the request is released meanwhile', async () => {
    const all = await setup(2, 'a');
    all.scripted.at(0).keepsLatents = true;
    all.run('a', [0]);
    await pass();
    const ran = all.run('a', [1]);
    await pass();
    const released = all.backend.release('a');
    await pass();
    all.scripted.at(0).handLatentsOver();
    await released;
    expect(ran.value).toEqual({ steps: 0 });
    expect(all.backend.held()).toBe(0);
    expect(all.sent.map((words) => words().filter((word) => word === 'release'))).toEqual([['release'], ['release']]);
    expect(all.sent[1]!()).not.toContain('run 1');
  });

  it('do not keep the backend from closing', async () => {
    const all = await setup(2, 'a');
    all.scripted.at(0).keepsLatents = true;
    all.run('a', [0]);
    await pass();
    const ran = all.run('a', [1]);
    await pass();
    expect(await closeScripted(all)).toEqual([]);
    expect(ran.status).not.toBe('pending');
  });
});

describe('a request that is released', () => {
  it('is dropped by the workers that hold something of it, and by no others', async () => {
    const all = await setup(3, 'a');
    all.run('a', [0, 1]);
    await pass();
    await all.backend.release('a');
    await all.backend.release('a');
    expect(all.sent.map((words) => words().filter((word) => word === 'release'))).toEqual([
      ['release'],
      ['release'],
      [],
    ]);
  });

  it('is waited for until they have', async () => {
    const kept: (() => void)[] = [];
    const all = await setup(1, 'a', ({ answer }, type, frame) => {
      if (type !== 'release') return false;
      kept.push(() => answer(frame));
      return true;
    });
    let isReleased = false;
    void all.backend.release('a').then(() => (isReleased = true));
    await pass(1000);
    expect(isReleased).toBe(false);
    kept[0]!();
    await pass();
    expect(isReleased).toBe(true);
  });
});
