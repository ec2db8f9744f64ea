import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { latentsOf, type Script, type ScriptedWorker } from './scripted-launcher.js';
import { closeScripted, openScripted, pass } from './scripted-setup.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

type Header = Readonly<Record<string, unknown>>;

/**
 * Workers that wait in a chunk of several until a test says how it ends; `drop` has them answer `group-failed`, unless they hang.
 */
function waiting() {
  const hangs = new Set<number>();
  const runs = new Map<ScriptedWorker, Header>();
  const script: Script = (worker, type, { header }) => {
    if (type === 'run' && (header['group'] as { ranks: number[] }).ranks.length > 1) {
      runs.set(worker, header);
      return true;
    }
    if (type === 'drop' && !hangs.has(worker.rank)) fail(worker, 'group-failed');
    return type === 'drop';
  };
  const end = (worker: ScriptedWorker, message: object): void => {
    const run = runs.get(worker);
    if (!runs.delete(worker)) return;
    const { call, members } = run as { call: number; members: { key: string; fromStep: number }[] };
    const { steps } = message as { steps?: number };
    for (const { key, fromStep } of members) {
      const step = fromStep + (steps ?? 0);
      if (worker.rank === 0 && Number.isSafeInteger(steps) && step > fromStep)
        worker.say({ type: 'state', key, part: 'latents', step }, latentsOf(key, step));
    }
    worker.say({ call, ...message });
  };
  const fail = (worker: ScriptedWorker, code: string, more: object = {}): void =>
    end(worker, { type: 'failed', code, detail: `it says ${code}`, ...more });
  const keysOf = (worker: ScriptedWorker): readonly string[] =>
    (runs.get(worker)!['members'] as readonly { key: string }[]).map(({ key }) => key);
  return { script, hangs, runs, end, fail, keysOf };
}

/** Three workers; the requests named are prepared, and the first ones run on workers 0 and 1. */
async function setup(requestIds: string, inGroup = requestIds) {
  const group = waiting();
  const all = await openScripted(3, group.script);
  for (const id of requestIds.split(' ')) all.prepare(id);
  await pass();
  const ran = all.run(inGroup, [0, 1]);
  await pass();
  return { ...all, group, ran, sent: all.scripted.workers.map((worker) => all.since(worker)) };
}

const dropsOf = (worker: ScriptedWorker): readonly unknown[] => worker.sent('drop').map(({ groupId }) => groupId);
const groupOf = (header: Header): string => (header['group'] as { id: string }).id;

describe('a worker that fails in a group', () => {
  it('has the group dropped by the others, and its reason told', async () => {
    const { scripted, group, ran, run, backend, events } = await setup('a');
    const [first, second] = [scripted.at(0), scripted.at(1)];
    group.fail(second, 'out-of-memory');
    await pass();
    expect(ran).toMatchObject({
      status: 'rejected',
      error: { code: 'chunk-failed', state: 'intact', message: 'it says out-of-memory', steps: 0 },
    });
    expect(ran.error?.requestIds).toBeUndefined();
    const old = groupOf(first.sent('run')[0]!);
    expect(dropsOf(first)).toEqual([old]);
    expect(dropsOf(second)).toEqual([old]);
    expect(events).toEqual([]);
    // It goes on from there, in another group.
    const again = run('a', [0, 1]);
    await pass();
    expect(groupOf(first.sent('run').at(-1)!)).not.toBe(old);
    for (const worker of [first, second]) group.end(worker, { type: 'done', steps: 2, durationMs: 2 });
    await pass();
    expect(again.value?.steps).toBe(2);
    expect(backend.held()).toBe(1);
  });

  it('may blame requests, of which the others are innocent', async () => {
    const { scripted, group, ran } = await setup('a b');
    group.fail(scripted.at(0), 'internal', { blamed: [group.keysOf(scripted.at(0))[1], 'nobody'] });
    await pass();
    expect(ran.error).toMatchObject({ code: 'chunk-failed', state: 'intact', requestIds: ['b'] });
  });

  it('is the cause, whoever noticed first', async () => {
    const { scripted, group, ran } = await setup('a');
    group.hangs.add(1);
    group.fail(scripted.at(0), 'group-failed');
    await pass(500);
    expect(ran.status).toBe('pending');
    group.fail(scripted.at(1), 'out-of-memory');
    await pass();
    expect(ran.error).toMatchObject({ code: 'chunk-failed', state: 'intact', message: 'it says out-of-memory' });
  });

  it('may be none of them', async () => {
    const { scripted, group, ran, events } = await setup('a');
    for (const rank of [0, 1]) group.fail(scripted.at(rank), 'group-failed');
    await pass();
    expect(ran.error).toMatchObject({ code: 'chunk-failed', state: 'intact', requestIds: undefined });
    expect(events).toEqual([]);
  });

  it.each(['not-prepared', 'wrong-step'])('with %s has lost the state, which the backend drops', async (code) => {
    const { scripted, group, ran, backend } = await setup('a');
    group.fail(scripted.at(1), code);
    await pass();
    expect(ran.error).toMatchObject({ code: 'chunk-failed', state: 'lost' });
    expect(backend.held()).toBe(0);
  });

  it.each([
    ['other steps than the others', 1],
    ['half a step', 1.5],
    ['more steps than it was asked for', 3],
    ['fewer steps than none', -1],
    ['no steps at all', undefined],
  ])('by telling of %s has completed nothing', async (_, steps) => {
    const { scripted, group, ran, run } = await setup('a');
    group.end(scripted.at(0), { type: 'done', steps: steps === 1 ? 2 : steps });
    group.end(scripted.at(1), { type: 'done', steps });
    await pass();
    expect(ran.error).toMatchObject({ code: 'chunk-failed', state: 'intact' });
    const again = run('a', [0]);
    await pass();
    expect(again.value?.steps).toBe(2);
  });
});

describe('a worker that hangs in a broken group', () => {
  it.each([
    ['out-of-memory', 'chunk-failed'],
    ['group-failed', 'gpu-lost'],
  ])('is ended after a time, where another one says %s', async (says, code) => {
    const { scripted, group, ran, events, logged } = await setup('a');
    group.hangs.add(1);
    group.fail(scripted.at(0), says);
    await pass(999);
    expect(scripted.at(1).signals).toEqual([]);
    expect(ran.status).toBe('pending');
    await pass(1);
    expect(scripted.at(1).signals).toEqual(['SIGKILL']);
    expect(ran.error).toMatchObject({ code, state: 'intact' });
    if (code === 'gpu-lost') expect(ran.error?.gpus).toEqual([1]);
    expect(logged).toContain('1: lost: it did not let go of a broken group within 1000 ms');
    expect(events).toEqual(['gpu-lost 1']);
    await pass(100);
    expect(events).toEqual(['gpu-lost 1', 'gpu-back 1']);
  });

  it('is left alone where it answers in time', async () => {
    const { scripted, group, events } = await setup('a');
    group.fail(scripted.at(0), 'internal');
    await pass(10_000);
    expect(events).toEqual([]);
    expect(scripted.alive()).toHaveLength(3);
  });

  it('does not keep the backend from closing', async () => {
    const all = await setup('a');
    all.group.hangs.add(1);
    all.group.fail(all.scripted.at(0), 'internal');
    await pass();
    expect(await closeScripted(all)).toEqual([]);
    expect(all.ran).toMatchObject({ status: 'rejected' });
  });
});

describe('a worker that is lost in a group', () => {
  it('frees the others, and takes nothing else with it', async () => {
    const { scripted, ran, run, events, sent } = await setup('a b', 'a');
    const other = run('b', [2]);
    await pass();
    expect(other.value?.steps).toBe(2);
    scripted.at(1).exit({ detail: 'it was ended by SIGKILL\nlast words' });
    await pass();
    expect(ran.error).toMatchObject({ code: 'gpu-lost', state: 'intact', gpus: [1], steps: 0 });
    expect(sent[0]!().filter((word) => word === 'drop 0-1')).not.toHaveLength(0);
    expect(events).toEqual(['gpu-lost 1']);
    const refused = run('a', [0, 1]);
    const alone = run('a', [0]);
    await pass();
    expect(refused.error).toMatchObject({ code: 'gpu-lost', state: 'intact', gpus: [1] });
    expect(alone.value?.steps).toBe(2);
    await pass(100);
    expect(events).toEqual(['gpu-lost 1', 'gpu-back 1']);
  });

  it('makes the groups that it was in useless also where none of them is at work', async () => {
    const { scripted, prepare, run } = await openScripted(2);
    prepare('a');
    await pass();
    run('a', [0, 1]);
    await pass();
    const first = scripted.at(0);
    const old = groupOf(first.sent('run')[0]!);
    scripted.at(1).exit();
    await pass(100);
    expect(dropsOf(first)).toEqual([old]);
    const again = run('a', [0, 1]);
    await pass();
    expect(again.value?.steps).toBe(2);
    const groups = first.sent('run').map(groupOf);
    expect(groups[1]).not.toBe(old);
    expect(scripted.at(1).sent('run').map(groupOf)).toEqual(groups.slice(1));
  });

  it('fails what waits for its GPU at once', async () => {
    const { scripted, prepare, finish, ran, backend } = await setup('a');
    const waits = prepare('b', { gpu: 1 });
    const elsewhere = prepare('c', { gpu: 2 });
    await pass();
    expect([waits.status, elsewhere.status]).toEqual(['pending', 'resolved']);
    scripted.at(1).exit();
    await pass();
    expect(ran.status).toBe('rejected');
    expect(waits.error).toMatchObject({ code: 'gpu-lost', gpus: [1] });
    expect(backend.held()).toBe(2);
    const busy = finish('a');
    await pass();
    expect(busy.error?.code).toBe('wrong-step');
  });
});

describe('a chunk that is aborted', () => {
  it('ends where its workers stopped', async () => {
    const { scripted, group, run, ran } = await setup('a b', 'a');
    const controller = new AbortController();
    for (const rank of [0, 1]) group.end(scripted.at(rank), { type: 'done', steps: 2 });
    await pass();
    expect(ran.value?.steps).toBe(2);
    const next = run('a', [0, 1], { signal: controller.signal, steps: 5 });
    await pass();
    controller.abort();
    await pass();
    expect([0, 1].map((rank) => scripted.at(rank).sent('abort'))).toEqual(
      [0, 1].map((rank) => [{ type: 'abort', call: scripted.at(rank).sent('run').at(-1)!['call'] }]),
    );
    for (const rank of [0, 1]) group.end(scripted.at(rank), { type: 'done', steps: 0, durationMs: 1 });
    await pass();
    expect(next.value).toEqual({ steps: 0 });
  });
});
