import { describe, expect, it } from 'vitest';
import { coreOn, done, failed, planOf, runIn, scripted, submit, typesOf } from './tools.js';

const time = (atMs: number) => ({ type: 'time', atMs }) as const;
const stallMs = 100;

/** Two that may share a chunk do; the others run alone. */
const pairs = scripted('event', (input) => {
  const free = input.gpus.filter(({ freeAtMs }) => freeAtMs <= input.nowMs).map(({ id }) => id);
  const together = input.waiting.filter(({ batchable }) => batchable).map(({ id }) => id);
  const alone = input.waiting.filter(({ batchable }) => !batchable).map(({ id }) => id);
  const groups = [...(together.length === 2 ? [together] : []), ...alone.map((id) => [id])].slice(0, free.length);
  return planOf(
    input,
    null,
    groups.map((requestIds, index) => ({ requestIds, gpus: [free[index]!] })),
  );
});

describe('a chunk that does not end', () => {
  it('is told to stop, and goes on when it does', () => {
    const core = coreOn(1, { stallMs });
    const commands = core.handle(submit('a'));
    // Expected to end at 40.
    expect(commands[1]).toEqual({ type: 'wake', atMs: 140 });
    expect(core.handle(time(139.9))).toEqual([]);
    expect(core.handle(time(140))).toEqual([
      { type: 'abort', chunkId: 1 },
      { type: 'wake', atMs: 240 },
    ]);
    // It was only slow: what it did counts, and nothing is held against the request.
    expect(runIn(core.handle(done(1, 150, 3)))).toMatchObject({ requestIds: ['a'], fromSteps: [3], encode: [] });
  });

  it('is given up when it does not stop either; its GPUs are lost until it answers', () => {
    const core = coreOn(2, { stallMs });
    core.handle(submit('a'));
    core.handle(time(140));
    const commands = core.handle(time(240));
    expect(typesOf(commands)).toEqual(['reset', 'run', 'wake']);
    expect(runIn(commands)).toMatchObject({ gpus: [1], fromSteps: [0], encode: ['a'] });
    expect(core.status(240).gpus.map(({ state }) => state)).toEqual(['lost', 'busy']);
    // The answer comes at last: the GPU is back, and the steps do not count.
    core.handle(done(1, 250, 4));
    expect(core.status(250).gpus.map(({ state }) => state)).toEqual(['idle', 'busy']);
    expect(typesOf(core.handle(done(2, 280, 4)))).toEqual(['finish']);
  });

  it.each([
    ['an answer', done(1, 250, 4)],
    ['a failure', failed(1, 250)],
    ['the return of its GPU', { type: 'gpu-back', atMs: 250, gpu: 0 } as const],
  ])('is over with %s', (_, event) => {
    const core = coreOn(1, { stallMs });
    core.handle(submit('a'));
    core.handle(time(140));
    expect(typesOf(core.handle(time(240)))).toEqual(['reset']);
    expect(runIn(core.handle(event)).chunkId).toBe(2);
    // Whatever comes of it later changes nothing.
    expect(core.handle(done(1, 251, 4))).toEqual([]);
    expect(core.status(251).gpus[0]!.state).toBe('busy');
  });

  it('keeps a GPU lost that was lost for another reason meanwhile', () => {
    const core = coreOn(1, { stallMs });
    core.handle(submit('a'));
    core.handle(time(140));
    core.handle(time(240));
    core.handle({ type: 'gpu-lost', atMs: 245, gpu: 0 });
    expect(core.handle(done(1, 250, 4))).toEqual([]);
    expect(core.status(250).gpus[0]!.state).toBe('lost');
  });

  it('counts against a request that ran alone, until it is given up', () => {
    const core = coreOn(3, { stallMs, maxFailures: 2 });
    core.handle(submit('a'));
    core.handle(time(140));
    const { chunkId } = runIn(core.handle(time(240)));
    core.handle(time(380));
    expect(core.handle(time(480))).toEqual([
      { type: 'reset', requestId: 'a' },
      {
        type: 'settle',
        requestId: 'a',
        settlement: { status: 'failed', reason: 'steps-failed', detail: expect.any(String) as string },
      },
    ]);
    expect(chunkId).toBe(2);
  });

  it('counts as failed when it did no step until it was told to stop', () => {
    const core = coreOn(2, { stallMs, maxFailures: 2 });
    core.handle(submit('a'));
    core.handle(time(140));
    expect(runIn(core.handle(done(1, 141, 0)))).toMatchObject({ requestIds: ['a'], fromSteps: [0] });
    core.handle(time(281));
    expect(core.handle(done(2, 282, 0))).toMatchObject([{ settlement: { status: 'failed', reason: 'steps-failed' } }]);
  });

  it('that nobody wants is not told to stop twice', () => {
    const core = coreOn(1, { stallMs });
    core.handle(submit('a'));
    core.handle({ type: 'cancel', atMs: 5, requestId: 'a' });
    expect(typesOf(core.handle(time(140)))).toEqual(['wake']);
    expect(typesOf(core.handle(time(240)))).toEqual(['reset', 'settle']);
  });
});

describe('a decoding that does not end', () => {
  it('is told to stop, then given up; its GPU is lost until it has ended', () => {
    const core = coreOn(2, { stallMs });
    core.handle(submit('a', 0, { shape: '128x128', steps: 1 }));
    core.handle(done(1, 45, 1));
    // Expected to end at 53.
    expect(core.handle(time(153))).toEqual([
      { type: 'abort-finish', requestId: 'a' },
      { type: 'wake', atMs: 253 },
    ]);
    const commands = core.handle(time(253));
    expect(typesOf(commands)).toEqual(['reset', 'run', 'wake']);
    expect(runIn(commands)).toMatchObject({ gpus: [1], fromSteps: [0] });
    // An answer to the old decoding is none to the new steps.
    expect(core.handle({ type: 'finished', atMs: 254, requestId: 'a' })).toEqual([]);
    expect(core.status(254).gpus.map(({ state }) => state)).toEqual(['lost', 'busy']);
    // It is over after all.
    core.handle({ type: 'decoding-over', atMs: 255, gpu: 0 });
    expect(core.status(255).gpus.map(({ state }) => state)).toEqual(['idle', 'busy']);
    const before = core.snapshot();
    core.handle({ type: 'decoding-over', atMs: 255, gpu: 1 });
    expect(core.snapshot()).toEqual(before);
  });

  it('keeps its GPU lost as long as another one that was given up there does not end either', () => {
    const core = coreOn(1, { stallMs, policy: pairs });
    const big = { shape: '128x128', steps: 1 };
    core.handle([submit('a', 0, big), submit('b', 0, big)]);
    core.handle(done(1, 55, 1));
    const lost = (): string[] => core.status(0).gpus.map(({ state }) => state);
    for (const atMs of [163, 171, 263, 271, 500]) core.handle(time(atMs));
    expect(lost()).toEqual(['lost']);
    core.handle({ type: 'decoding-over', atMs: 500, gpu: 0 });
    expect(lost()).toEqual(['lost']);
    core.handle({ type: 'decoding-over', atMs: 501, gpu: 0 });
    expect(lost()).toEqual(['busy']);
  });
});

describe('the members of a batch that fails', () => {
  it('run alone from then on, and only the one at fault fails', () => {
    const core = coreOn(2, { policy: pairs, maxFailures: 2 });
    expect(runIn(core.handle([submit('a'), submit('b')])).requestIds).toEqual(['a', 'b']);
    const apart = core.handle(failed(1, 5)).filter((command) => command.type === 'run');
    expect(apart.map(({ requestIds }) => requestIds)).toEqual([['a'], ['b']]);
    // `a` fails again and again; the failed batch counted against neither of them.
    expect(typesOf(core.handle(failed(2, 10)))).toEqual(['run']);
    expect(core.handle(failed(4, 15))).toMatchObject([{ type: 'settle', requestId: 'a' }]);
    expect(runIn(core.handle(done(3, 20, 1))).requestIds).toEqual(['b']);
  });

  it('are not held to account where somebody is blamed', () => {
    const core = coreOn(2, { policy: pairs, maxFailures: 1 });
    core.handle([submit('a'), submit('b')]);
    const commands = core.handle(failed(1, 5, { blamed: ['a'] }));
    expect(commands).toMatchObject([{ type: 'settle', requestId: 'a', settlement: { reason: 'steps-failed' } }]);
    // Nothing is wrong with `b`: it may be in a batch again.
    expect(runIn(core.handle(submit('c', 6))).requestIds).toEqual(['b', 'c']);
  });

  it('keep what they are', () => {
    const core = coreOn(2, { policy: pairs });
    core.handle([submit('a'), submit('b')]);
    const apart = core.handle(failed(1, 5, { encoded: ['b'], blamed: ['a'] })).filter(({ type }) => type === 'run');
    // `b` waits for somebody to share with, encoded; `a` is encoded again.
    expect(apart).toMatchObject([{ requestIds: ['a'], encode: ['a'] }]);
    expect(runIn(core.handle(submit('c', 6)))).toMatchObject({ requestIds: ['b', 'c'], encode: ['c'] });
  });
});

describe('a backend that is lost', () => {
  it('takes everything with it, and what is alive starts over when it is back', () => {
    const core = coreOn(2);
    core.handle([submit('a'), submit('b', 0, { shape: '128x128', steps: 1 }), submit('c')]);
    core.handle(done(2, 45, 1));
    core.handle({ type: 'cancel', atMs: 46, requestId: 'c' });
    const lost = core.handle({ type: 'backend-lost', atMs: 50, detail: 'bang' });
    expect(lost.filter(({ type }) => type !== 'reset')).toEqual([]);
    expect(core.status(50)).toMatchObject({ waiting: 2, running: 0, decoding: 0 });
    // Answers from before are answers to nothing.
    expect(core.handle([done(1, 51, 4), { type: 'finished', atMs: 51, requestId: 'b' }])).toEqual([]);
    const back = core.handle([
      { type: 'gpu-back', atMs: 60, gpu: 0 },
      { type: 'gpu-back', atMs: 60, gpu: 1 },
    ]);
    expect(back).toMatchObject([
      { type: 'run', requestIds: ['a'], fromSteps: [0], encode: ['a'] },
      { type: 'run', requestIds: ['b'], fromSteps: [0], encode: ['b'] },
    ]);
  });

  it('for good ends every request with that reason', () => {
    const core = coreOn(1);
    core.handle([submit('a'), submit('b')]);
    const ends = core.handle([
      { type: 'backend-lost', atMs: 5, detail: 'bang' },
      { type: 'close', atMs: 5, reason: 'backend-lost', detail: 'bang' },
    ]);
    const settlement = { status: 'failed', reason: 'backend-lost', detail: 'bang' };
    expect(ends.filter(({ type }) => type === 'settle')).toEqual([
      { type: 'settle', requestId: 'a', settlement },
      { type: 'settle', requestId: 'b', settlement },
    ]);
  });
});
