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

describe('the latents of a chunk', () => {
  it('outlive the only worker that has them from the moment that it is told to be done', async () => {
    const all = await setup(2, 'a');
    const { at } = all.scripted;
    const ran = all.run('a', [0]);
    while (ran.status === 'pending') await Promise.resolve();
    expect(ran.value?.steps).toBe(2);
    at(0).exit();
    await pass();
    const again = all.run('a', [1]);
    await pass();
    expect(again.value?.steps).toBe(2);
    expect(all.sent[1]!()).toEqual(['drop 0-1', 'load conditioning 2', 'load latents 2', 'run 1']);
    expect(await closeScripted(all)).toEqual([]);
  });

  it('are those before it where its worker handed none over', async () => {
    const all = await setup(2, 'a');
    all.scripted.at(0).keepsLatents = true;
    const ran = all.run('a', [0]);
    await pass();
    expect(ran).toMatchObject({ status: 'rejected', error: { code: 'chunk-failed', state: 'intact' } });
    expect(ran.error?.message).toBe('the worker handed no latents of request "a" over');
    all.scripted.at(0).keepsLatents = false;
    for (const gpus of [[0], [1]]) {
      const again = all.run('a', gpus);
      await pass();
      expect(again.value?.steps).toBe(2);
    }
    expect(all.sent.map((words) => words())).toEqual([
      ['run 0', 'load latents 0', 'run 0'],
      ['load conditioning 2', 'load latents 2', 'run 1'],
    ]);
  });

  it('are those before it for all members of a batch where one is missing', async () => {
    const all = await setup(1, 'a b', ({ say }, type, { header }) => {
      if (type !== 'run' || header['steps'] !== 3) return false;
      say({ type: 'state', key: (header['members'] as { key: string }[])[0]!.key, part: 'latents', step: 3 });
      say({ type: 'done', call: header['call'], steps: 3, durationMs: 3 });
      return true;
    });
    const ran = all.run('a b', [0], { steps: 3 });
    await pass();
    expect(ran.error?.message).toMatch(/no latents of request "b"/);
    const again = all.run('a b', [0]);
    await pass();
    expect(again.value?.steps).toBe(2);
  });

  it('are those before it where another worker of the group did not complete it', async () => {
    const all = await setup(2, 'a', ({ rank, exit }, type) => {
      if (type !== 'run' || rank !== 1) return false;
      exit();
      return true;
    });
    const ran = all.run('a', [0, 1]);
    await pass();
    expect(ran).toMatchObject({ status: 'rejected', error: { code: 'gpu-lost', state: 'intact', gpus: [1] } });
    // The worker is ahead of what counts, so it is set back.
    const again = all.run('a', [0]);
    await pass();
    expect(again.value?.steps).toBe(2);
    expect(all.sent[0]!()).toEqual(['run 0,1', 'drop 0-1', 'load latents 0', 'run 0']);
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
