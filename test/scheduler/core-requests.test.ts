import { describe, expect, it } from 'vitest';
import { createPolicy, policyNames } from '../../src/policies/index.js';
import type { SchedulerCommand } from '../../src/scheduler/index.js';
import { coreOn, done, failed, finishFailed, planOf, requestOf, runIn, scripted, submit, typesOf } from './tools.js';

const settle = (requestId: string, settlement: object): object => ({ type: 'settle', requestId, settlement });
const cancelled = (requestId: string): object => settle(requestId, { status: 'cancelled' });
const cancel = (requestId: string, atMs: number) => ({ type: 'cancel', atMs, requestId }) as const;

describe('a request from submission to settlement', () => {
  it('runs, is decoded and settled', () => {
    const core = coreOn(2);
    expect(core.handle(submit('a', 0, { shape: '128x128' }))).toEqual([
      {
        type: 'run',
        chunkId: 1,
        requestIds: ['a'],
        encode: ['a'],
        gpus: [0],
        degree: 1,
        fromSteps: [0],
        steps: 4,
      },
    ]);
    expect(core.handle(done(1, 165, 4))).toEqual([{ type: 'finish', requestId: 'a', gpu: 0 }]);
    expect(core.handle({ type: 'finished', atMs: 173, requestId: 'a' })).toEqual([
      settle('a', { status: 'completed', onTime: true }),
    ]);
  });

  it('is on time at its deadline and late after it', () => {
    const core = coreOn(2);
    core.handle([submit('a', 0, { deadlineMs: 50 }), submit('b', 0, { deadlineMs: 50 })]);
    core.handle([done(1, 40, 4), done(2, 40, 4)]);
    expect(core.handle({ type: 'finished', atMs: 50, requestId: 'a' })).toEqual([
      settle('a', { status: 'completed', onTime: true }),
    ]);
    expect(core.handle({ type: 'finished', atMs: 50.001, requestId: 'b' })).toEqual([
      settle('b', { status: 'completed', onTime: false }),
    ]);
  });

  it('judges the deadline by its own clock when the clock of an event jumped back', () => {
    const core = coreOn(1);
    core.handle(submit('a', 0, { deadlineMs: 50 }));
    core.handle(done(1, 60, 4));
    expect(core.handle({ type: 'finished', atMs: 10, requestId: 'a' })).toEqual([
      settle('a', { status: 'completed', onTime: false }),
    ]);
  });

  it('starts after the steps of a cache hit', () => {
    const core = coreOn(1);
    expect(runIn(core.handle(submit('a', 0, { startStep: 3 })))).toMatchObject({ fromSteps: [3], steps: 1 });
  });

  it('leaves nothing behind', () => {
    const core = coreOn(2, { policy: createPolicy('tetriserve') });
    const empty = core.handle({ type: 'time', atMs: 0 });
    expect(empty).toEqual([]);
    const before = core.snapshot();
    const [run] = core.handle(submit('a', 0));
    core.handle(done((run as SchedulerCommand & { type: 'run' }).chunkId, 24, 4));
    core.handle({ type: 'finished', atMs: 24, requestId: 'a' });
    core.handle({ type: 'time', atMs: 1000 });
    const busyUntilMs = expect.any(Number) as number;
    const gpus = (before.state as { gpus: object[] }).gpus.map((gpu) => ({ ...gpu, busyUntilMs }));
    const rest = { gpus, nowMs: 1000, nextChunkId: 2, roundMs: expect.any(Number) as number };
    expect(core.snapshot()).toEqual({ ...before, state: { ...(before.state as object), ...rest } });
  });

  it('runs a request that is submitted before it arrives once it has arrived', () => {
    const core = coreOn(1);
    const commands = core.handle(submit('a', 0, { arrivalMs: 100 }));
    // Whatever the core does about it (start now, or ask to be woken), the request must not be forgotten.
    const wake = commands.find((command) => command.type === 'wake');
    const later = wake === undefined ? [] : core.handle({ type: 'time', atMs: wake.atMs });
    expect(typesOf([...commands, ...later])).toContain('run');
  });
});

describe('encoding', () => {
  it('is asked for only until a step is done', () => {
    const core = coreOn(1, { policy: createPolicy('edf') });
    expect(runIn(core.handle(submit('a'))).encode).toEqual(['a']);
    // A chunk without a completed step may not have got through encoding either.
    expect(runIn(core.handle(failed(1, 5))).encode).toEqual(['a']);
    expect(runIn(core.handle(done(2, 15, 1))).encode).toEqual([]);
  });

  it('is asked for again when all was lost', () => {
    const core = coreOn(1, { policy: createPolicy('edf') });
    core.handle(submit('a'));
    core.handle(done(1, 10, 1));
    const again = runIn(core.handle(failed(2, 20, { state: 'lost' })));
    expect(again).toMatchObject({ encode: ['a'], fromSteps: [0] });
  });

  it('is asked for by member in a batch', () => {
    const pair = scripted('event', (input) => {
      const requestIds = input.waiting.map(({ id }) => id);
      return planOf(input, null, requestIds.length === 0 ? [] : [{ requestIds, gpus: [0] }]);
    });
    const core = coreOn(1, { policy: pair });
    core.handle(submit('a'));
    core.handle(submit('b'));
    expect(runIn(core.handle(done(1, 10, 1)))).toMatchObject({
      requestIds: ['a', 'b'],
      encode: ['b'],
      fromSteps: [1, 0],
    });
  });
});

describe('decoding', () => {
  const wide = { shape: '128x128', steps: 1 };

  it('holds the first GPU of the group, and the others are free', () => {
    const core = coreOn(4, { policy: createPolicy('fixed-4') });
    expect(runIn(core.handle(submit('a', 0, wide))).gpus).toEqual([0, 1, 2, 3]);
    expect(core.handle(done(1, 17, 1))).toEqual([{ type: 'finish', requestId: 'a', gpu: 0 }]);
    // All four are asked for, and one of them is held.
    expect(core.handle(submit('b', 20, wide))).toEqual([]);
    expect(typesOf(core.handle({ type: 'finished', atMs: 25, requestId: 'a' }))).toEqual(['settle', 'run']);

    const greedy = scripted('event', (input) => {
      const free = input.gpus.filter(({ freeAtMs }) => freeAtMs <= input.nowMs).map(({ id }) => id);
      const gpus = free.slice(0, free.length < 4 ? 2 : 4);
      const [first] = input.waiting;
      return planOf(input, null, first === undefined ? [] : [{ requestIds: [first.id], gpus }]);
    });
    const other = coreOn(4, { policy: greedy });
    other.handle(submit('a', 0, wide));
    other.handle(done(1, 17, 1));
    expect(runIn(other.handle(submit('b', 20, wide))).gpus).toEqual([1, 2]);
  });

  it('of no duration holds no GPU', () => {
    const core = coreOn(1);
    core.handle([submit('a'), submit('b')]);
    expect(typesOf(core.handle(done(1, 40, 4)))).toEqual(['finish', 'run']);
  });

  it('of a batch happens on one GPU, which is free when all are decoded', () => {
    const pair = scripted('event', (input) => {
      const ids = input.waiting.map(({ id }) => id);
      const gpu = input.gpus.find(({ freeAtMs }) => freeAtMs <= input.nowMs)!.id;
      return planOf(input, null, ids.length === 0 ? [] : [{ requestIds: ids, gpus: [gpu] }]);
    });
    const core = coreOn(1, { policy: pair });
    core.handle([submit('a', 0, wide), submit('b', 0, wide)]);
    expect(core.handle(done(1, 60, 1))).toEqual([
      { type: 'finish', requestId: 'a', gpu: 0 },
      { type: 'finish', requestId: 'b', gpu: 0 },
    ]);
    expect(core.handle(submit('c', 61))).toEqual([]);
    expect(typesOf(core.handle({ type: 'finished', atMs: 68, requestId: 'a' }))).toEqual(['settle']);
    expect(typesOf(core.handle({ type: 'finished', atMs: 76, requestId: 'b' }))).toEqual(['settle', 'run']);
  });

  it('moves to another GPU when its own is lost', () => {
    const core = coreOn(2);
    core.handle(submit('a', 0, wide));
    core.handle(done(1, 45, 1));
    core.handle({ type: 'gpu-lost', atMs: 50, gpu: 0 });
    expect(core.handle(finishFailed('a', 50, { cause: 'gpu-lost' }))).toEqual([
      { type: 'finish', requestId: 'a', gpu: 1 },
    ]);
  });

  it('starts on another GPU when its own was lost before', () => {
    const core = coreOn(2);
    core.handle(submit('a', 0, wide));
    core.handle({ type: 'gpu-lost', atMs: 44, gpu: 0 });
    expect(core.handle(done(1, 45, 1))).toEqual([{ type: 'finish', requestId: 'a', gpu: 1 }]);
  });

  it.each([0, 1])('is not started on a GPU that is lost in the same call (%i)', (lostFirst) => {
    const core = coreOn(2);
    core.handle(submit('a', 0, wide));
    const lost = { type: 'gpu-lost', atMs: 45, gpu: 0 } as const;
    const events = lostFirst === 1 ? [lost, done(1, 45, 1)] : [done(1, 45, 1), lost];
    expect(core.handle(events)).toEqual([{ type: 'finish', requestId: 'a', gpu: 1 }]);
  });

  it('waits until a GPU is there', () => {
    const core = coreOn(1);
    core.handle(submit('a', 0, wide));
    core.handle({ type: 'gpu-lost', atMs: 44, gpu: 0 });
    expect(core.handle(done(1, 45, 1))).toEqual([]);
    expect(core.handle({ type: 'gpu-back', atMs: 50, gpu: 0 })).toEqual([{ type: 'finish', requestId: 'a', gpu: 0 }]);
  });

  it('comes before new chunks', () => {
    const core = coreOn(1);
    core.handle([submit('a', 0, wide), submit('b')]);
    core.handle({ type: 'gpu-lost', atMs: 44, gpu: 0 });
    core.handle(done(1, 45, 1));
    expect(typesOf(core.handle({ type: 'gpu-back', atMs: 50, gpu: 0 }))).toEqual(['finish']);
  });

  it('that lost everything starts the request over', () => {
    const core = coreOn(2);
    core.handle(submit('a', 0, wide));
    core.handle(done(1, 45, 1));
    const run = runIn(core.handle(finishFailed('a', 50, { state: 'lost', cause: 'gpu-lost' })));
    expect(run).toMatchObject({ encode: ['a'], fromSteps: [0], steps: 1 });
  });
});

describe('cancelling', () => {
  it('settles what waits at once', () => {
    const core = coreOn(1);
    core.handle([submit('a'), submit('b')]);
    expect(core.handle(cancel('b', 1))).toEqual([cancelled('b')]);
    expect(core.handle(cancel('b', 2))).toEqual([]);
  });

  it('aborts a chunk once, and settles when its GPUs are released', () => {
    const core = coreOn(1);
    core.handle([submit('a'), submit('b')]);
    expect(core.handle(cancel('a', 5))).toEqual([{ type: 'abort', chunkId: 1 }]);
    expect(core.handle(cancel('a', 6))).toEqual([]);
    expect(typesOf(core.handle(done(1, 10, 1)))).toEqual(['settle', 'run']);
  });

  it('counts also when the chunk came through to the end', () => {
    const core = coreOn(1);
    core.handle(submit('a'));
    core.handle(cancel('a', 39));
    expect(core.handle(done(1, 40, 4))).toEqual([cancelled('a')]);
  });

  it('counts also when the chunk failed', () => {
    const core = coreOn(1, { maxFailures: 1 });
    core.handle(submit('a'));
    core.handle(cancel('a', 5));
    expect(core.handle(failed(1, 6))).toEqual([cancelled('a')]);
  });

  it('asks decoding to stop, and settles when it has', () => {
    const core = coreOn(1);
    core.handle(submit('a', 0, { shape: '128x128' }));
    core.handle(done(1, 165, 4));
    expect(core.handle(cancel('a', 166))).toEqual([{ type: 'abort-finish', requestId: 'a' }]);
    expect(core.handle(cancel('a', 167))).toEqual([]);
    expect(core.handle({ type: 'finished', atMs: 173, requestId: 'a' })).toEqual([cancelled('a')]);
  });

  it('settles what waits for a GPU to be decoded on', () => {
    const core = coreOn(1);
    core.handle(submit('a', 0, { shape: '128x128' }));
    core.handle({ type: 'gpu-lost', atMs: 100, gpu: 0 });
    core.handle(done(1, 165, 4));
    expect(core.handle(cancel('a', 166))).toEqual([cancelled('a')]);
  });

  it('leaves the other members of a batch alone, and stops it when none is left', () => {
    const pair = scripted('event', (input) =>
      planOf(input, null, input.waiting.length < 2 ? [] : [{ requestIds: ['a', 'b'], gpus: [0], steps: 4 }]),
    );
    const core = coreOn(1, { policy: pair });
    core.handle([submit('a'), submit('b')]);
    expect(core.handle(cancel('a', 5))).toEqual([]);
    expect(core.handle(cancel('a', 6))).toEqual([]);
    expect(core.handle(cancel('b', 7))).toEqual([{ type: 'abort', chunkId: 1 }]);
    expect(core.handle(done(1, 12, 1))).toEqual([cancelled('a'), cancelled('b')]);
  });

  it('of one member lets the others finish', () => {
    const pair = scripted('event', (input) =>
      planOf(input, null, input.waiting.length < 2 ? [] : [{ requestIds: ['a', 'b'], gpus: [0], steps: 4 }]),
    );
    const core = coreOn(1, { policy: pair });
    core.handle([submit('a'), submit('b')]);
    core.handle(cancel('a', 5));
    expect(core.handle(done(1, 48, 4))).toEqual([cancelled('a'), { type: 'finish', requestId: 'b', gpu: 0 }]);
  });

  it('is harmless for requests that are not known', () => {
    for (const name of policyNames) {
      const core = coreOn(2, { policy: createPolicy(name) });
      core.handle(submit('a'));
      const before = { ...(core.snapshot().state as object), nowMs: 1 };
      expect(core.handle(cancel('nobody', 1)), `for ${name}`).toEqual([]);
      expect(core.snapshot().state, `for ${name}`).toEqual(before);
    }
  });

  it('asks for no abort of a chunk that ended in the same call', () => {
    const core = coreOn(1);
    core.handle(submit('a'));
    expect(core.handle([cancel('a', 40), done(1, 40, 4)])).toEqual([cancelled('a')]);
  });

  it('of a request that others wait behind lets them start', () => {
    // `per-shape` runs first come, first served: `wide` waits for all four GPUs, and `narrow` behind it.
    const core = coreOn(4, { policy: createPolicy('per-shape') });
    core.handle(submit('first', 0));
    expect(core.handle(submit('wide', 1, { shape: '256x256' }))).toEqual([]);
    expect(core.handle(submit('narrow', 2))).toEqual([]);
    expect(typesOf(core.handle(cancel('wide', 3)))).toEqual(['settle', 'run']);
  });

  it('makes room for a request of the same id', () => {
    const core = coreOn(1);
    core.handle([submit('a'), submit('b')]);
    core.handle(cancel('b', 1));
    core.handle(submit('b', 2, { steps: 2 }));
    expect(runIn(core.handle(done(1, 40, 4)))).toMatchObject({ requestIds: ['b'], steps: 2 });
  });
});

describe('failures', () => {
  it('are retried, and given up after too many', () => {
    const core = coreOn(1);
    core.handle(submit('a'));
    expect(runIn(core.handle(failed(1, 1))).chunkId).toBe(2);
    expect(runIn(core.handle(failed(2, 2))).chunkId).toBe(3);
    expect(core.handle(failed(3, 3, { detail: 'out of memory' }))).toEqual([
      settle('a', { status: 'failed', reason: 'steps-failed', detail: 'out of memory' }),
    ]);
  });

  it('are given up at once if that is asked for', () => {
    const core = coreOn(1, { maxFailures: 1 });
    core.handle(submit('a'));
    expect(typesOf(core.handle(failed(1, 1)))).toEqual(['settle']);
  });

  it('start to count anew after progress, also within the chunk that failed', () => {
    const core = coreOn(1, { maxFailures: 2 });
    core.handle(submit('a'));
    core.handle(failed(1, 1));
    expect(runIn(core.handle(failed(2, 2, { steps: 1 }))).fromSteps).toEqual([1]);
    expect(runIn(core.handle(failed(3, 3, { steps: 1 }))).fromSteps).toEqual([2]);
    expect(typesOf(core.handle(failed(4, 4)))).toEqual(['settle']);
  });

  it('that come from a lost GPU do not count as such', () => {
    const core = coreOn(1, { maxFailures: 1, maxCrashes: 20 });
    core.handle(submit('a'));
    for (let chunkId = 1; chunkId < 20; chunkId++) {
      const state = chunkId % 2 === 0 ? 'lost' : 'intact';
      expect(runIn(core.handle(failed(chunkId, chunkId, { cause: 'gpu-lost', state }))).chunkId).toBe(chunkId + 1);
    }
  });

  it('of decoding are retried on a free GPU, and given up after too many', () => {
    const core = coreOn(1, { maxFailures: 2 });
    core.handle(submit('a', 0, { shape: '128x128' }));
    core.handle(done(1, 165, 4));
    expect(core.handle(finishFailed('a', 170))).toEqual([{ type: 'finish', requestId: 'a', gpu: 0 }]);
    expect(core.handle(finishFailed('a', 175, { detail: 'black image' }))).toEqual([
      settle('a', { status: 'failed', reason: 'decode-failed', detail: 'black image' }),
    ]);
  });

  it('of steps that were all done are decoded', () => {
    const core = coreOn(1);
    core.handle(submit('a'));
    expect(core.handle(failed(1, 40, { steps: 4 }))).toEqual([{ type: 'finish', requestId: 'a', gpu: 0 }]);
  });

  it('never count more steps than the chunk has', () => {
    const core = coreOn(1, { policy: createPolicy('edf') });
    core.handle(submit('a'));
    expect(runIn(core.handle(done(1, 10, 99))).fromSteps).toEqual([1]);
  });

  it.each([
    ['steps', false],
    ['decoding', true],
  ])('of %s that lose everything each time are given up too', (_, decoding) => {
    const core = coreOn(1, { policy: createPolicy('edf'), maxFailures: 3 });
    let commands = core.handle(submit('a', 0, { steps: 2 }));
    let turns = 0;
    // The second chunk, or the decoding, always fails and takes the first step with it.
    for (; turns < 50; turns++) {
      commands = commands.filter(({ type }) => type !== 'reset');
      const [command] = commands;
      if (command?.type === 'settle') break;
      if (command?.type === 'finish') commands = core.handle(finishFailed('a', turns, { state: 'lost' }));
      else {
        const { chunkId, fromSteps } = runIn(commands);
        const fails = !decoding && fromSteps[0] === 1;
        commands = core.handle(fails ? failed(chunkId, turns, { state: 'lost' }) : done(chunkId, turns, 1));
      }
    }
    expect(commands).toEqual([settle('a', expect.objectContaining({ status: 'failed' }) as object)]);
    expect(turns).toBeLessThanOrEqual(10);
  });
});

describe('lost GPUs', () => {
  it('get nothing new until they are back', () => {
    const core = coreOn(2);
    core.handle({ type: 'gpu-lost', atMs: 0, gpu: 0 });
    expect(runIn(core.handle(submit('a', 1))).gpus).toEqual([1]);
    expect(core.handle(submit('b', 2))).toEqual([]);
    expect(runIn(core.handle({ type: 'gpu-back', atMs: 3, gpu: 0 })).gpus).toEqual([0]);
  });

  it('that come back before their chunk failed stay in use until it has', () => {
    const core = coreOn(1);
    core.handle([submit('a'), submit('b')]);
    core.handle({ type: 'gpu-lost', atMs: 1, gpu: 0 });
    expect(core.handle({ type: 'gpu-back', atMs: 2, gpu: 0 })).toEqual([]);
    expect(runIn(core.handle(failed(1, 3, { cause: 'gpu-lost' }))).requestIds).toEqual(['a']);
  });

  it('are all lost, and everything waits', () => {
    const core = coreOn(2, { policy: createPolicy('tetriserve') });
    core.handle([
      { type: 'gpu-lost', atMs: 0, gpu: 0 },
      { type: 'gpu-lost', atMs: 0, gpu: 1 },
    ]);
    expect(core.handle(submit('a', 1))).toEqual([]);
    expect(typesOf(core.handle({ type: 'gpu-back', atMs: 2, gpu: 1 }))).toContain('run');
  });
});

describe('answers that nobody waits for', () => {
  it.each(policyNames)('are ignored by %s', (name) => {
    const core = coreOn(2, { policy: createPolicy(name) });
    core.handle(submit('a'));
    const before = { ...(core.snapshot().state as object), nowMs: 3 };
    expect(core.handle(done(77, 3, 1))).toEqual([]);
    expect(core.handle(failed(77, 3, { state: 'lost' }))).toEqual([]);
    expect(core.handle({ type: 'finished', atMs: 3, requestId: 'a' })).toEqual([]);
    expect(core.handle(finishFailed('a', 3))).toEqual([]);
    expect(core.handle(finishFailed('nobody', 3))).toEqual([]);
    expect(core.snapshot().state).toEqual(before);
  });

  it('count once', () => {
    const core = coreOn(1, { policy: createPolicy('edf') });
    core.handle(submit('a'));
    core.handle([done(1, 10, 1), done(1, 10, 1)]);
    expect(runIn(core.handle(done(2, 20, 1))).fromSteps).toEqual([2]);
    expect(core.handle(done(2, 20, 1))).toEqual([]);
  });
});

it('shares nothing with the events that it was given', () => {
  const core = coreOn(1);
  const request = { ...requestOf('b') };
  core.handle([submit('a'), { type: 'submit', atMs: 0, request }]);
  Object.assign(request, { steps: 1, id: 'c' });
  expect(runIn(core.handle(done(1, 40, 4)))).toMatchObject({ requestIds: ['b'], steps: 4 });
});
