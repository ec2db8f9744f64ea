import { describe, expect, it } from 'vitest';
import { createPolicy } from '../../src/policies/index.js';
import { coreOn, done, requestOf, submit, typesOf } from './tools.js';

const refused = (requestId: string, reason: string): object => ({
  type: 'settle',
  requestId,
  settlement: { status: 'refused', reason, detail: expect.any(String) as string },
});
const failed = (requestId: string, reason: string): object => ({
  type: 'settle',
  requestId,
  settlement: { status: 'failed', reason, detail: expect.any(String) as string },
});

describe('a limit on requests', () => {
  it('counts those that are alive', () => {
    const core = coreOn(1, { limits: { requests: 2 } });
    expect(typesOf(core.handle([submit('a'), submit('b')]))).toEqual(['run']);
    expect(core.handle(submit('c', 1))).toEqual([refused('c', 'too-many-requests')]);
    core.handle(done(1, 40, 4));
    // Being decoded still counts.
    expect(core.handle(submit('c', 41))).toEqual([refused('c', 'too-many-requests')]);
    core.handle({ type: 'finished', atMs: 42, requestId: 'a' });
    expect(core.handle(submit('c', 43))).toEqual([]);
  });

  it('lets a refused id come again, and keeps nothing of it', () => {
    const core = coreOn(1, { limits: { requests: 1 } });
    core.handle(submit('a'));
    core.handle(submit('b'));
    expect(JSON.stringify(core.snapshot())).not.toContain('"b"');
    core.handle([done(1, 40, 4), { type: 'finished', atMs: 40, requestId: 'a' }]);
    core.handle({ type: 'finished', atMs: 41, requestId: 'a' });
    expect(typesOf(core.handle(submit('b', 42)))).toEqual(['run']);
  });

  it('does not hold for what was accepted in an earlier life', () => {
    const core = coreOn(1, { limits: { requests: 1 }, admit: 'feasible' });
    core.handle(submit('a'));
    const late = { ...submit('b', 0, { deadlineMs: 1 }), accepted: true } as const;
    expect(core.handle(late)).toEqual([]);
  });
});

describe('a limit on memory', () => {
  const limits = { memoryBytes: 100, memoryBytesOf: ({ steps }: { steps: number }) => steps * 10 };

  it('counts the states of those that are alive', () => {
    const core = coreOn(1, { limits });
    core.handle([submit('a', 0, { steps: 4 }), submit('b', 0, { steps: 6 })]);
    expect(core.handle(submit('c', 1, { steps: 1 }))).toEqual([refused('c', 'out-of-memory')]);
    core.handle({ type: 'cancel', atMs: 2, requestId: 'b' });
    expect(core.handle(submit('c', 3, { steps: 6 }))).toEqual([]);
    expect(core.handle(submit('d', 4, { steps: 1 }))).toEqual([refused('d', 'out-of-memory')]);
  });

  it.each([[NaN], [-1], ['1'], [undefined]])('refuses a function that answers %s', (bytes) => {
    const core = coreOn(1, { limits: { memoryBytes: 1, memoryBytesOf: () => bytes as never } });
    const before = core.snapshot();
    expect(() => core.handle(submit('a'))).toThrow(expect.objectContaining({ path: 'limits.memoryBytesOf()' }));
    expect(core.snapshot()).toEqual(before);
  });
});

describe('a full scheduler that displaces', () => {
  const displacing = { limits: { requests: 3 }, whenFull: 'displace' } as const;

  it('gives up the least of those that never ran for one of more weight', () => {
    const core = coreOn(1, displacing);
    core.handle([submit('a', 0, { weight: 0.1 }), submit('b', 0, { weight: 2 }), submit('c', 0, { weight: 1 })]);
    expect(core.handle(submit('d', 1, { weight: 3 }))).toEqual([failed('c', 'displaced')]);
    expect(core.handle(submit('e', 2, { weight: 3 }))).toEqual([failed('b', 'displaced')]);
    // What has run is not displaced, nor is what weighs as much.
    expect(core.handle(submit('f', 3, { weight: 3 }))).toEqual([refused('f', 'too-many-requests')]);
  });

  it('gives up the last deadline of equal weights', () => {
    const core = coreOn(1, displacing);
    core.handle([submit('a'), submit('b', 0, { deadlineMs: 500 }), submit('c', 0, { deadlineMs: 700 })]);
    expect(core.handle(submit('d', 1, { weight: 2 }))).toEqual([failed('c', 'displaced')]);
  });

  it('gives up as many as it takes, or none', () => {
    const limits = { memoryBytes: 100, memoryBytesOf: ({ steps }: { steps: number }) => steps * 10 };
    const core = coreOn(1, { limits, whenFull: 'displace' });
    core.handle([submit('a', 0, { steps: 4 }), submit('b', 0, { steps: 3 }), submit('c', 0, { steps: 3 })]);
    expect(core.handle(submit('d', 1, { steps: 7, weight: 2 }))).toEqual([refused('d', 'out-of-memory')]);
    expect(core.handle(submit('d', 2, { steps: 6, weight: 2 }))).toEqual([
      failed('c', 'displaced'),
      failed('b', 'displaced'),
    ]);
  });

  it('displaces nobody for a newcomer that is refused for its deadline', () => {
    const core = coreOn(1, { ...displacing, limits: { requests: 2 }, admit: 'feasible' });
    core.handle([submit('a'), submit('b')]);
    expect(core.handle(submit('c', 1, { weight: 9, deadlineMs: 30 }))).toEqual([refused('c', 'deadline-infeasible')]);
  });
});

describe("admit: 'feasible'", () => {
  it('refuses who would end late with all that runs and waits', () => {
    const core = coreOn(1, { admit: 'feasible' });
    // 40 ms each, one after another.
    expect(typesOf(core.handle(submit('a', 0, { deadlineMs: 40 })))).toEqual(['run']);
    expect(core.handle(submit('b', 0, { deadlineMs: 79 }))).toEqual([refused('b', 'deadline-infeasible')]);
    expect(core.handle(submit('c', 0, { deadlineMs: 80 }))).toEqual([]);
    expect(core.handle(submit('d', 0, { deadlineMs: 119.9 }))).toEqual([refused('d', 'deadline-infeasible')]);
  });

  it('sees those that come at the same moment', () => {
    const core = coreOn(1, { admit: 'feasible' });
    const commands = core.handle([submit('a', 0, { deadlineMs: 50 }), submit('b', 0, { deadlineMs: 50 })]);
    expect(commands.filter(({ type }) => type === 'settle')).toEqual([refused('b', 'deadline-infeasible')]);
  });

  it('knows of no GPU and refuses all', () => {
    const core = coreOn(1, { admit: 'feasible' });
    core.handle({ type: 'gpu-lost', atMs: 0, gpu: 0 });
    expect(core.handle(submit('a', 1))).toEqual([refused('a', 'deadline-infeasible')]);
  });

  it('changes nothing by asking', () => {
    const core = coreOn(2, { admit: 'feasible', policy: createPolicy('tetriserve') });
    core.handle([submit('a'), submit('b')]);
    const before = core.snapshot();
    core.handle(submit('c', 0, { deadlineMs: 1 }));
    expect(core.snapshot()).toEqual(before);
  });
});

describe('draining and closing', () => {
  it('refuses newcomers and finishes the others', () => {
    const core = coreOn(1);
    core.handle([submit('a'), submit('b'), { type: 'drain', atMs: 0 }]);
    expect(core.handle(submit('c', 1))).toEqual([refused('c', 'draining')]);
    expect(typesOf(core.handle(done(1, 40, 4)))).toEqual(['finish', 'run']);
  });

  it('ends what waits at once, and what runs when its GPUs are released', () => {
    const core = coreOn(2);
    core.handle([submit('a'), submit('b'), submit('c'), submit('d', 0, { shape: '128x128' })]);
    core.handle({ type: 'cancel', atMs: 1, requestId: 'a' });
    const close = { type: 'close', atMs: 2, reason: 'closed', detail: 'over' } as const;
    expect(core.handle(close)).toEqual([failed('c', 'closed'), failed('d', 'closed'), { type: 'abort', chunkId: 2 }]);
    expect(core.handle(close)).toEqual([]);
    // Whoever was taken back before stays so.
    expect(core.handle([done(1, 10, 1), done(2, 10, 1)])).toEqual([
      { type: 'settle', requestId: 'a', settlement: { status: 'cancelled' } },
      failed('b', 'closed'),
    ]);
    expect(core.handle(submit('e', 11))).toEqual([refused('e', 'draining')]);
  });

  it('stops decoding', () => {
    const core = coreOn(1);
    core.handle(submit('a', 0, { shape: '128x128', steps: 1 }));
    core.handle(done(1, 45, 1));
    const close = { type: 'close', atMs: 46, reason: 'closed', detail: 'over' } as const;
    expect(core.handle(close)).toEqual([{ type: 'abort-finish', requestId: 'a' }]);
    expect(core.handle({ type: 'finished', atMs: 50, requestId: 'a' })).toEqual([failed('a', 'closed')]);
  });
});

describe("whenLate: 'drop'", () => {
  it('gives up a waiting request the moment after its last chance', () => {
    const core = coreOn(1, { whenLate: 'drop' });
    // Four steps of 10 ms at degree 1, 6 ms at the fastest: 24 ms.
    const commands = core.handle([submit('a'), submit('b', 0, { deadlineMs: 30 })]);
    expect(typesOf(commands)).toEqual(['run', 'wake']);
    const wake = commands[1] as { atMs: number };
    expect(wake.atMs).toBeGreaterThan(6);
    expect(wake.atMs).toBeLessThan(6.1);
    expect(core.handle({ type: 'time', atMs: 6 })).toEqual([]);
    expect(core.handle({ type: 'time', atMs: wake.atMs })).toEqual([failed('b', 'deadline-missed')]);
  });

  it('lets what runs come to the end of its chunk, and drops it then', () => {
    const core = coreOn(1, { whenLate: 'drop', policy: createPolicy('edf') });
    core.handle(submit('a', 0, { deadlineMs: 50 }));
    expect(core.handle(done(1, 60, 1))).toEqual([failed('a', 'deadline-missed')]);
  });

  it('drops a restart that cannot make it, and lets one that can go on', () => {
    const core = coreOn(1, { whenLate: 'drop', policy: createPolicy('edf') });
    core.handle(submit('a', 0, { deadlineMs: 60 }));
    core.handle(done(1, 10, 1));
    const lost = { type: 'chunk-failed', steps: 0, state: 'lost', cause: 'gpu-lost', detail: 'bang' } as const;
    expect(typesOf(core.handle({ ...lost, atMs: 20, chunkId: 2 }))).toEqual(['reset', 'run']);
    expect(core.handle({ ...lost, atMs: 40, chunkId: 3 })).toEqual([
      { type: 'reset', requestId: 'a' },
      failed('a', 'deadline-missed'),
    ]);
  });

  it('delivers what only needs to be decoded', () => {
    const core = coreOn(1, { whenLate: 'drop' });
    core.handle(submit('a', 0, { deadlineMs: 41 }));
    expect(typesOf(core.handle(done(1, 60, 4)))).toEqual(['finish']);
  });
});

describe('a quote', () => {
  it('is what then happens when nothing else comes', () => {
    const core = coreOn(1);
    core.handle([submit('a'), submit('b')]);
    const quote = core.quote(requestOf('c', { shape: '128x128', steps: 2, deadlineMs: 500 }), 10);
    // After 80 ms of the others: encoding 5, two steps of 40 on the one GPU, decoding 8.
    expect(quote).toEqual({
      refusal: null,
      canMeetDeadline: true,
      earliestFinishMs: 173,
      unloadedFinishMs: 10 + 5 + 2 * 40 + 8,
      leastGpuTimeMs: 80,
    });
  });

  it('says so when the deadline cannot be met, and why it would be refused', () => {
    const core = coreOn(1, { admit: 'feasible' });
    core.handle(submit('a'));
    const quote = core.quote(requestOf('c', { deadlineMs: 60 }), 0);
    expect(quote).toMatchObject({ refusal: 'deadline-infeasible', canMeetDeadline: false, earliestFinishMs: 80 });
  });

  it('knows of no end without GPUs', () => {
    const core = coreOn(1);
    core.handle({ type: 'gpu-lost', atMs: 0, gpu: 0 });
    expect(core.quote(requestOf('c'), 0)).toMatchObject({
      canMeetDeadline: false,
      earliestFinishMs: null,
      unloadedFinishMs: null,
    });
  });

  it('costs least GPU time that meets the deadline', () => {
    const core = coreOn(4);
    // 128x128 on two GPUs takes 22 ms a step, 44 GPU ms; on one 40.
    const ask = (deadlineMs: number): number =>
      core.quote(requestOf('c', { shape: '128x128', steps: 2, deadlineMs }), 0).leastGpuTimeMs;
    expect(ask(1000)).toBe(80);
    expect(ask(13 + 62)).toBe(84);
    expect(ask(13 + 44)).toBe(88);
    expect(ask(1)).toBe(80);
  });

  it('is asked at the time of asking, not of the last event', () => {
    const core = coreOn(1);
    expect(core.quote(requestOf('c', { deadlineMs: 5000 }), 4000).earliestFinishMs).toBe(4040);
  });

  it('changes nothing, and refuses what a submission would refuse', () => {
    const core = coreOn(2, { policy: createPolicy('tetriserve') });
    core.handle([submit('a'), submit('b')]);
    const before = core.snapshot();
    core.quote(requestOf('c'), 5);
    expect(core.snapshot()).toEqual(before);
    expect(() => core.quote(requestOf('a'), 5)).toThrow(expect.objectContaining({ code: 'duplicate-request' }));
    expect(() => core.quote(requestOf('c', { shape: '9x9' }), 5)).toThrow(
      expect.objectContaining({ code: 'unknown-shape' }),
    );
  });
});
