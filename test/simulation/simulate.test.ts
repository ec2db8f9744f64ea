import { describe, expect, it } from 'vitest';
import { createCluster, type GenerationRequest } from '../../src/model/index.js';
import { createPolicy, policyNames, tetriserve, type Policy } from '../../src/policies/index.js';
import { builtinProfile } from '../../src/profile/index.js';
import {
  simulate,
  summarize,
  validateRun,
  type SimulateOptions,
  type SimulationRun,
} from '../../src/simulation/index.js';
import { profileOf, square } from './worlds.js';

const profile = profileOf(
  square(64, { 1: 10, 2: 6 }, { stepCv: 0.05 }),
  square(128, { 1: 40, 2: 22 }, { encodeMs: 5, decodeMs: 8 }),
  square(256, { 4: 30 }),
);

function request(id: string, steps: number, more: Partial<GenerationRequest> = {}): GenerationRequest {
  return { id, shape: '64x64', steps, arrivalMs: 0, deadlineMs: 1000, ...more };
}

function run(
  requests: readonly GenerationRequest[],
  policy: string | Policy,
  more: Partial<SimulateOptions> = {},
): SimulationRun {
  return simulate({
    trace: { schemaVersion: 1, requests },
    profile,
    cluster: createCluster(2),
    policy: typeof policy === 'string' ? createPolicy(policy) : policy,
    ...more,
  });
}

it('executes what steps really cost, and plans with what they are taken to cost until it has seen enough', () => {
  const executedProfile = profileOf(
    square(64, { 1: 20, 2: 12 }),
    square(128, { 1: 80, 2: 44 }),
    square(256, { 4: 60 }),
  );
  const { log, records } = run([request('a', 10)], 'horizon', { executedProfile, switchMs: 0 });
  expect(records).toMatchObject([{ requestId: 'a', status: 'completed' }]);
  for (const { degree, steps, startMs, endMs } of log)
    expect((endMs - startMs) / steps).toBeCloseTo(degree === 1 ? 20 : 12, 6);
  const trace = { schemaVersion: 1, requests: [request('a', 10)] } as const;
  expect(validateRun(log, trace, executedProfile, { cluster: createCluster(2), records }).violations).toEqual([]);
});

/** Log lines as `ids gpus start-end steps@from`, in order of start. */
function lines({ log }: SimulationRun): string[] {
  return [...log]
    .sort((a, b) => a.startMs - b.startMs || a.gpus[0]! - b.gpus[0]!)
    .map(({ requestIds, gpus, startMs, endMs, steps, fromSteps, stage, cut }) =>
      [
        `${requestIds.join('+')} on ${gpus.join(',')}: ${startMs} to ${endMs}`,
        stage ?? `${steps} from ${fromSteps?.join('+')}`,
        ...(cut === undefined ? [] : [cut]),
      ].join(', '),
    );
}

const ends = ({ records }: SimulationRun): string[] =>
  records.map(({ requestId, status, endMs, onTime }) => `${requestId} ${status} ${endMs}${onTime ? '' : ' late'}`);

describe('fixed-1', () => {
  it('runs requests from the first step to the last, first come, first served', () => {
    const result = run(
      [request('a', 4), request('b', 5), request('c', 2, { arrivalMs: 10, deadlineMs: 59 })],
      'fixed-1',
    );
    expect(result.policy).toBe('fixed-1');
    expect(result.log).toEqual([
      { requestIds: ['a'], gpus: [0], degree: 1, startMs: 0, endMs: 40, steps: 4, fromSteps: [0] },
      { requestIds: ['b'], gpus: [1], degree: 1, startMs: 0, endMs: 50, steps: 5, fromSteps: [0] },
      { requestIds: ['c'], gpus: [0], degree: 1, startMs: 40, endMs: 60, steps: 2, fromSteps: [0] },
    ]);
    expect(result.records).toEqual([
      { requestId: 'a', status: 'completed', endMs: 40, onTime: true },
      { requestId: 'b', status: 'completed', endMs: 50, onTime: true },
      { requestId: 'c', status: 'completed', endMs: 60, onTime: false },
    ]);
  });

  it('starts after the steps of a cache hit', () => {
    expect(lines(run([request('a', 5, { startStep: 3 })], 'fixed-1'))).toEqual(['a on 0: 0 to 20, 2 from 3']);
  });
});

describe('encoding and decoding', () => {
  it('are chunks of their own: encoding holds the group, decoding its first GPU', () => {
    const big = { shape: '128x128' };
    const result = run([request('a', 3, big), request('b', 1, { ...big, arrivalMs: 1 })], 'fixed-2');
    expect(result.log).toEqual([
      { requestIds: ['a'], gpus: [0, 1], degree: 2, startMs: 0, endMs: 5, steps: 0, stage: 'encode' },
      { requestIds: ['a'], gpus: [0, 1], degree: 2, startMs: 5, endMs: 71, steps: 3, fromSteps: [0] },
      { requestIds: ['a'], gpus: [0], degree: 1, startMs: 71, endMs: 79, steps: 0, stage: 'decode' },
      { requestIds: ['b'], gpus: [0, 1], degree: 2, startMs: 79, endMs: 84, steps: 0, stage: 'encode' },
      { requestIds: ['b'], gpus: [0, 1], degree: 2, startMs: 84, endMs: 106, steps: 1, fromSteps: [0] },
      { requestIds: ['b'], gpus: [0], degree: 1, startMs: 106, endMs: 114, steps: 0, stage: 'decode' },
    ]);
    expect(ends(result)).toEqual(['a completed 79', 'b completed 114']);
  });

  it('happen on other GPUs at the same time, and the log stays in order of end', () => {
    const { log } = run([request('a', 6), request('b', 1, { shape: '128x128', arrivalMs: 50 })], 'fixed-1');
    expect(log.map(({ endMs }) => endMs)).toEqual([55, 60, 95, 103]);
  });
});

describe('tetriserve', () => {
  const rounds = (more: object = {}): Policy => tetriserve({ roundMs: 30, ...more });

  it('fills the rounds, wide where GPUs are idle', () => {
    expect(lines(run([request('a', 6)], rounds()))).toEqual([
      'a on 0,1: 0 to 30, 5 from 0', // 5 x 6 ms
      'a on 0,1: 30 to 36, 1 from 5',
    ]);
  });

  it('takes the least GPU time when it may not scale up', () => {
    expect(lines(run([request('a', 6)], rounds({ scaleUp: false })))).toEqual([
      'a on 0: 0 to 30, 3 from 0', // 3 x 10 ms
      'a on 0: 30 to 60, 3 from 3',
    ]);
  });

  it('runs two requests side by side', () => {
    expect(lines(run([request('a', 6), request('b', 6)], rounds()))).toEqual([
      'a on 0: 0 to 30, 3 from 0',
      'b on 1: 0 to 30, 3 from 0',
      'a on 0: 30 to 60, 3 from 3',
      'b on 1: 30 to 60, 3 from 3',
    ]);
  });

  it('waits at the boundary for a chunk that a change of GPUs made late, but not longer than its grace', () => {
    const requests = [request('a', 10), request('b', 6, { arrivalMs: 5, deadlineMs: 2000 })];
    // At 30 `a` gives up a GPU; that takes 1 ms, and the grace is 1.5 ms.
    expect(lines(run(requests, rounds(), { switchMs: 1 })).slice(0, 5)).toEqual([
      'a on 0,1: 0 to 30, 5 from 0',
      'a on 0: 30 to 61, 3 from 5',
      'b on 1: 30 to 60, 3 from 0',
      'a on 0: 61 to 81, 2 from 8',
      'b on 1: 61 to 91, 3 from 3',
    ]);
    expect(lines(run(requests, rounds(), { switchMs: 2 }))).toEqual([
      'a on 0,1: 0 to 30, 5 from 0',
      'a on 0: 30 to 62, 3 from 5',
      'b on 1: 30 to 60, 3 from 0',
      // At 61.5 `a` still runs, and misses the round; it is taken to end in 1 ms, and `b` waits for its GPU: 2 ms to change,
      // 3 x 6 ms. Then nothing runs any more, and the round is over.
      'b on 0,1: 62.5 to 82.5, 3 from 3',
      'a on 0,1: 82.5 to 96.5, 2 from 8',
    ]);
  });
});

describe('the cost of a change of GPUs', () => {
  const requests = [request('a', 3, { deadlineMs: 2000 }), request('b', 1, { arrivalMs: 1, deadlineMs: 40 })];

  it('is 2 ms by default, and paid inside the chunk', () => {
    const free = lines(run(requests, 'edf', { switchMs: 0 }));
    // `a` runs on both GPUs, gives one to `b`, and takes it back.
    expect(free).toEqual([
      'a on 0,1: 0 to 6, 1 from 0',
      'b on 0: 6 to 16, 1 from 0',
      'a on 1: 6 to 16, 1 from 1',
      'a on 0,1: 16 to 22, 1 from 2',
    ]);
    expect(lines(run(requests, 'edf'))).toEqual([
      'a on 0,1: 0 to 6, 1 from 0',
      'b on 0: 6 to 16, 1 from 0',
      'a on 1: 6 to 18, 1 from 1',
      'a on 0,1: 18 to 26, 1 from 2',
    ]);
  });

  it('cannot be negative', () => {
    expect(() => run([], 'edf', { switchMs: -1 })).toThrow(expect.objectContaining({ code: 'out-of-range' }));
  });
});

describe('noise', () => {
  const requests = Array.from({ length: 20 }, (_, index) => request(`r${index}`, 5, { arrivalMs: index * 3 }));

  it('is the same for the same seed, and another for another', () => {
    const first = run(requests, 'edf', { noise: { seed: 1 } });
    expect(run(requests, 'edf', { noise: { seed: 1 } })).toEqual(first);
    expect(run(requests, 'edf', { noise: { seed: 2 } }).log).not.toEqual(first.log);
    expect(run(requests, 'edf').log).not.toEqual(first.log);
  });

  it('of no deviation is none', () => {
    expect(run(requests, 'edf', { noise: { seed: 1, stepCv: 0 } })).toEqual(run(requests, 'edf'));
  });

  it('moves step times by a few percent', () => {
    const { log } = run(requests, 'fixed-1', { noise: { seed: 3 } });
    const factors = log.map(({ startMs, endMs, steps }) => (endMs - startMs) / (10 * steps));
    expect(new Set(factors).size).toBe(20);
    for (const factor of factors) expect(Math.abs(factor - 1)).toBeLessThanOrEqual((4 * 0.05) / Math.sqrt(5));
  });

  it.each([{ seed: -1 }, { seed: 0.5 }, { seed: 1, stepCv: -1 }])('refuses %j', (noise) => {
    expect(() => run([], 'edf', { noise })).toThrow(expect.objectContaining({ code: 'out-of-range' }));
  });
});

describe.each(policyNames)('%s', { timeout: 30_000 }, (name) => {
  it('does nothing for an empty trace', () => {
    expect(run([], name)).toEqual({ policy: name, log: [], records: [], planningMs: [] });
  });

  it('serves one request', () => {
    const result = run([request('a', 3)], name, { cluster: createCluster(8) });
    expect(ends(result)).toEqual([
      `a completed ${/fixed-1/.test(name) ? 30 : /per-shape|srpt/.test(name) ? result.records[0]!.endMs : 18}`,
    ]);
  });

  it('leaves a request unfinished that fits no domain, and serves the others', () => {
    const result = run([request('wide', 3, { shape: '256x256' }), request('a', 3, { arrivalMs: 1 })], name, {
      cluster: createCluster(6, 3),
      scheduler: { starvationMs: Infinity },
    });
    const servesNone = name === 'fixed-4' || name === 'fixed-8';
    expect(result.records.map(({ status }) => status)).toEqual(['unfinished', servesNone ? 'unfinished' : 'completed']);
    expect(result.records[0]).toEqual({ requestId: 'wide', status: 'unfinished', endMs: null, onTime: false });
  });

  it('still serves a request that comes long after one that cannot be served', () => {
    const result = run(
      [request('wide', 3, { shape: '256x256' }), request('a', 3, { arrivalMs: 3e5, deadlineMs: 1e6 })],
      name,
      {
        cluster: createCluster(16, 8),
        scheduler: { starvationMs: Infinity },
        disturbances: Array.from({ length: 10 }, (_, index) => ({
          type: 'gpu-lost',
          atMs: 0,
          gpu: index > 4 ? index + 3 : index,
        })),
      },
    );
    // Three GPUs are left in each domain.
    const servesNone = name === 'fixed-4' || name === 'fixed-8';
    expect(result.records.map(({ status }) => status)).toEqual(['unfinished', servesNone ? 'unfinished' : 'completed']);
  });

  it('replays 300 requests', () => {
    const flux = builtinProfile('flux.1-dev_h100');
    const shapes = flux.shapes.map(({ id }) => id);
    const requests = Array.from({ length: 300 }, (_, index) =>
      request(`r${index}`, 8, {
        shape: shapes[(index * 7) % shapes.length]!,
        arrivalMs: index * 700,
        deadlineMs: index * 700 + 3000,
      }),
    );
    const cluster = createCluster(8);
    const result = run(requests, name, { profile: flux, cluster });
    const trace = { schemaVersion: 1 as const, requests };
    expect(validateRun(result.log, trace, flux, { cluster, records: result.records }).violations).toEqual([]);
    expect(result.records.filter(({ status }) => status === 'completed')).toHaveLength(300);
    expect(summarize(result, trace, cluster).planning.count).toBeGreaterThan(0);
  });
});

describe('the trace', () => {
  it('is checked', () => {
    expect(() => run([request('a', 3), request('a', 3)], 'edf')).toThrow(
      expect.objectContaining({ code: 'duplicate-request', path: 'trace.requests[1].id' }),
    );
    expect(() => run([request('a', 3, { shape: '4096x4096' })], 'edf')).toThrow(
      expect.objectContaining({ code: 'unknown-shape', path: 'trace.requests[0].shape' }),
    );
  });

  it('may come in any order; records are in order of arrival', () => {
    const requests = [request('a', 3, { arrivalMs: 5 }), request('b', 2, { arrivalMs: 5 }), request('c', 4)];
    const result = run(requests, 'fixed-1');
    expect(result.records.map(({ requestId }) => requestId)).toEqual(['c', 'a', 'b']);
    expect(run([...requests].reverse(), 'fixed-1')).toEqual(result);
  });

  it('may start before time 0', () => {
    const result = run([request('a', 3, { arrivalMs: -100, deadlineMs: -70 })], 'fixed-1');
    expect(ends(result)).toEqual(['a completed -70']);
  });
});

describe('what the caller is told', () => {
  it('how many requests have ended', () => {
    const told: number[] = [];
    run([request('a', 3), request('b', 5), request('c', 2)], 'fixed-1', { onProgress: (ended) => told.push(ended) });
    expect(told).toEqual([1, 2, 3]);
  });

  it('how long planning took, once for each plan', () => {
    let nowMs = 0;
    const { planningMs } = run([request('a', 3), request('b', 3, { arrivalMs: 100 })], 'fixed-1', {
      clock: () => nowMs++,
    });
    expect(planningMs).toEqual([1, 1]);
    expect(run([request('a', 3)], 'fixed-1').planningMs).toEqual([0]);
  });
});

describe('a policy that breaks a rule', () => {
  // It says of every request that it waits, and of none why.
  const silent: Policy = {
    name: 'silent',
    replanOn: 'event',
    plan: ({ nowMs }) => ({ startMs: nowMs, endMs: null, assignments: [], outcomes: [] }),
  };

  it('is refused, unless plans go unchecked', () => {
    expect(() => run([request('a', 3)], silent)).toThrow(expect.objectContaining({ code: 'invalid-plan' }));
    const unchecked = { checkPlans: false, scheduler: { starvationMs: Infinity } };
    expect(ends(run([request('a', 3)], silent, unchecked))).toEqual(['a unfinished null late']);
  });

  it('or throws, ends the simulation', () => {
    const plan = (): never => {
      throw new Error('boom');
    };
    expect(() => run([request('a', 3)], { ...silent, plan })).toThrow('boom');
  });
});
