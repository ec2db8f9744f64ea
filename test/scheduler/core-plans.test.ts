import { describe, expect, it } from 'vitest';
import { createCluster } from '../../src/model/index.js';
import { createPolicy, policyNames, tetriserve, type Policy } from '../../src/policies/index.js';
import type { PlanningInput } from '../../src/rounds/index.js';
import { createSchedulerCore, type SchedulerCore, type SchedulerEvent } from '../../src/scheduler/index.js';
import { coreOn, done, failed, planOf, profile, runIn, scripted, submit, typesOf, untimed } from './tools.js';

const time = (atMs: number): SchedulerEvent => ({ type: 'time', atMs });

/** A round of 100 ms in which each waiting request does 10 steps of 10 ms, a GPU each. */
function tenSteps(): Policy & { readonly inputs: PlanningInput[] } {
  return scripted('boundary', (input) => {
    const free = input.gpus.filter(({ freeAtMs }) => freeAtMs <= input.nowMs);
    const assignments = input.waiting.slice(0, free.length).map(({ id, remainingSteps }, index) => {
      const steps = Math.min(10, remainingSteps);
      return { requestIds: [id], gpus: [free[index]!.id], steps, endMs: input.nowMs + 10 * steps };
    });
    return planOf(input, input.nowMs + 100, assignments);
  });
}

const long = { steps: 100, deadlineMs: 1e6 };

describe('policies that plan at boundaries', () => {
  it('start a round at once when nothing is going on', () => {
    const core = coreOn(2, { policy: tenSteps() });
    expect(core.handle(time(3))).toEqual([]);
    expect(core.handle(submit('a', 7, long))).toEqual([
      { type: 'run', chunkId: 1, requestIds: ['a'], encode: ['a'], gpus: [0], degree: 1, fromSteps: [0], steps: 10 },
      { type: 'wake', atMs: 107 },
    ]);
  });

  it('let newcomers wait for the boundary', () => {
    const policy = tenSteps();
    const core = coreOn(2, { policy });
    core.handle(submit('a', 0, long));
    expect(core.handle(submit('b', 1, long))).toEqual([]);
    expect(core.handle(time(99.9))).toEqual([]);
    const commands = core.handle([done(1, 100, 10), time(100)]);
    expect(typesOf(commands)).toEqual(['run', 'run', 'wake']);
    expect(commands.at(-1)).toEqual({ type: 'wake', atMs: 200 });
    expect(policy.inputs.map(({ nowMs }) => nowMs)).toEqual([0, 100]);
  });

  it('tick at a fixed length as long as chunks end with their rounds', () => {
    const policy = tenSteps();
    const core = coreOn(1, { policy });
    core.handle(submit('a', 0, long));
    for (let round = 1; round < 10; round++) core.handle(done(round, 100 * round, 10));
    expect(policy.inputs.map(({ nowMs }) => nowMs)).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900]);
  });

  it('wait at a boundary for a chunk that is a little late', () => {
    const policy = tenSteps();
    const core = coreOn(2, { policy });
    core.handle([submit('a', 0, long), submit('b', 0, long)]);
    expect(core.handle(done(1, 98, 10))).toEqual([]);
    expect(core.handle(time(100))).toEqual([{ type: 'wake', atMs: 105 }]);
    expect(typesOf(core.handle(done(2, 103, 10)))).toEqual(['run', 'run', 'wake']);
    expect(policy.inputs.at(-1)).toMatchObject({ nowMs: 103, waiting: [{ id: 'a' }, { id: 'b' }] });
  });

  it('do not wait longer than a twentieth of the round', () => {
    const policy = tenSteps();
    const core = coreOn(2, { policy });
    core.handle([submit('a', 0, long), submit('b', 0, long)]);
    core.handle(done(1, 98, 10));
    core.handle(time(100));
    expect(core.handle(time(104.9))).toEqual([{ type: 'wake', atMs: 105 }]);
    expect(typesOf(core.handle(time(105)))).toEqual(['run', 'wake']);
    expect(policy.inputs.at(-1)).toMatchObject({ nowMs: 105, waiting: [{ id: 'a' }], running: [{ id: 'b' }] });
    // What is late is taken to end in a moment.
    expect(policy.inputs.at(-1)!.gpus[1]).toMatchObject({ id: 1, freeAtMs: 106 });
  });

  it('do not wait for a chunk that was to last longer than the round', () => {
    const policy = scripted('boundary', (input) =>
      planOf(
        input,
        input.nowMs + 100,
        input.waiting.map(({ id }, index) => ({
          requestIds: [id],
          gpus: [input.gpus.filter(({ freeAtMs }) => freeAtMs <= input.nowMs)[index]!.id],
          endMs: input.nowMs + (id === 'a-slow' ? 500 : 90),
        })),
      ),
    );
    const core = coreOn(2, { policy });
    core.handle([submit('a-slow', 0, long), submit('b', 0, long)]);
    core.handle(done(2, 90, 1));
    expect(typesOf(core.handle(time(100)))).toEqual(['run', 'wake']);
  });

  it('end a round in which nothing runs any more', () => {
    const policy = tenSteps();
    const core = coreOn(2, { policy });
    core.handle([submit('a', 0, long), submit('b', 0, long)]);
    expect(core.handle(done(1, 30, 10))).toEqual([]);
    expect(typesOf(core.handle(done(2, 40, 10)))).toEqual(['run', 'run', 'wake']);
    expect(policy.inputs.at(-1)!.nowMs).toBe(40);
    // The wake of the round that was cut short changes nothing.
    expect(core.handle(time(100))).toEqual([]);
  });

  it('open no round with nobody waiting or no GPU free', () => {
    const core = coreOn(1, { policy: tenSteps() });
    core.handle(submit('a', 0, { steps: 10 }));
    expect(typesOf(core.handle(done(1, 100, 10)))).toEqual(['finish']);
    expect(core.handle(time(200))).toEqual([]);
    core.handle({ type: 'gpu-lost', atMs: 210, gpu: 0 });
    expect(core.handle(submit('b', 220))).toEqual([]);
  });

  it('start a pending chunk as soon as its GPU is free, but not before its time', () => {
    const policy = scripted('boundary', (input) =>
      planOf(
        input,
        input.nowMs + 100,
        input.waiting.map(({ id }) => ({
          requestIds: [id],
          gpus: [0],
          startMs: input.nowMs + 8,
          endMs: input.nowMs + 50,
        })),
      ),
    );
    const core = coreOn(1, { policy });
    expect(core.handle(submit('a', 0))).toEqual([
      { type: 'wake', atMs: 100 },
      { type: 'wake', atMs: 8 },
    ]);
    expect(core.handle(time(7.9))).toEqual([]);
    expect(runIn(core.handle(time(8))).requestIds).toEqual(['a']);
  });

  it('ask to be woken a bounded number of times, whatever they are told in a round without work', () => {
    // A shape that needs four GPUs, on two: nothing can run, and rounds go by.
    const core = coreOn(2, { policy: tetriserve({ roundMs: 100 }) });
    let wakes = wakesIn(core, submit('a', 0, { shape: '256x256' }));
    for (let step = 1; step < 1000; step++) {
      const event: SchedulerEvent = step % 2 === 0 ? time(step) : { type: 'cancel', atMs: step, requestId: 'nobody' };
      wakes += wakesIn(core, event);
    }
    // One a round of 100 ms.
    expect(wakes).toBeLessThanOrEqual(11);
  });
});

function wakesIn(core: SchedulerCore, event: SchedulerEvent): number {
  return core.handle(event).filter(({ type }) => type === 'wake').length;
}

describe('policies that plan at events', () => {
  it('plan once for all events of a call', () => {
    const policy = scripted('event', (input) =>
      planOf(
        input,
        null,
        input.waiting.map(({ id }, index) => ({ requestIds: [id], gpus: [index] })),
      ),
    );
    const core = coreOn(4, { policy });
    core.handle([submit('a'), submit('b'), submit('c')]);
    expect(policy.inputs).toHaveLength(1);
    core.handle([done(1, 10, 1), done(2, 10, 1), done(3, 10, 1), submit('d', 10)]);
    expect(policy.inputs).toHaveLength(2);
    expect(policy.inputs[1]!.waiting.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('plan at arrivals, chunk ends, losses and returns, and not when time passes', () => {
    const policy = scripted('event', (input) => planOf(input, null, []));
    const core = coreOn(2, { policy });
    const plans = (event: SchedulerEvent): number => {
      const before = policy.inputs.length;
      core.handle(event);
      return policy.inputs.length - before;
    };
    expect(plans(submit('a'))).toBe(1);
    expect(plans(submit('b'))).toBe(1);
    expect(plans(time(5))).toBe(0);
    expect(plans({ type: 'gpu-lost', atMs: 6, gpu: 0 })).toBe(1);
    expect(plans({ type: 'gpu-back', atMs: 7, gpu: 0 })).toBe(1);
    expect(plans({ type: 'cancel', atMs: 8, requestId: 'nobody' })).toBe(0);
  });

  it('plan at the end of each chunk', () => {
    const policy = createPolicy('edf');
    const core = coreOn(1, { policy });
    core.handle(submit('a', 0, { steps: 3 }));
    expect(runIn(core.handle(done(1, 10, 1)))).toMatchObject({ chunkId: 2, fromSteps: [1], steps: 1 });
    expect(runIn(core.handle(done(2, 20, 1)))).toMatchObject({ chunkId: 3, fromSteps: [2], steps: 1 });
  });

  it('never ask to be woken', () => {
    for (const name of policyNames.filter((other) => other !== 'tetriserve')) {
      const core = coreOn(2, { policy: createPolicy(name) });
      const commands = [submit('a'), submit('b'), done(1, 9, 1), submit('c', 12)].flatMap((event) =>
        core.handle(event),
      );
      expect(typesOf(commands), `for ${name}`).not.toContain('wake');
    }
  });
});

it.each(['boundary', 'event'] as const)('without events there are no commands (%s)', (replanOn) => {
  const policies = [tenSteps(), tetriserve(), ...policyNames.map((name) => createPolicy(name))];
  for (const policy of policies.filter((other) => other.replanOn === replanOn)) {
    const core = coreOn(2, { policy });
    expect(core.handle([])).toEqual([]);
    core.handle(submit('stuck', 0, { shape: '256x256' }));
    expect(core.handle([])).toEqual([]);
    core.handle(submit('a', 1));
    expect(core.handle([])).toEqual([]);
    core.handle(time(1e6));
    expect(core.handle([])).toEqual([]);
  }
});

describe('a plan that fails', () => {
  const boom = new Error('boom');
  const broken: readonly (readonly [string, (input: PlanningInput) => unknown])[] = [
    ['nothing', () => undefined],
    ['null', () => null],
    ['no list', (input) => ({ startMs: input.nowMs, endMs: null, outcomes: [] })],
    ['no request', (input) => planOf(input, null, [{ requestIds: [], gpus: [0] }])],
    ['an unknown request', (input) => planOf(input, null, [{ requestIds: ['nobody'], gpus: [0] }])],
    ['a request twice', (input) => planOf(input, null, [{ requestIds: ['a', 'a'], gpus: [0] }])],
    [
      'a request in two assignments',
      (input) => planOf(input, null, [{ requestIds: ['a'], gpus: [0] }, { requestIds: ['a'], gpus: [1] }]), // prettier-ignore
    ],
    ['a request that runs', (input) => planOf(input, null, [{ requestIds: ['running'], gpus: [0] }])],
    ['no GPU', (input) => planOf(input, null, [{ requestIds: ['a'], gpus: [] }])],
    ['an unknown GPU', (input) => planOf(input, null, [{ requestIds: ['a'], gpus: [9] }])],
    ['a lost GPU', (input) => planOf(input, null, [{ requestIds: ['a'], gpus: [2] }])],
    ['a GPU twice', (input) => planOf(input, null, [{ requestIds: ['a'], gpus: [0, 0] }])],
    [
      'a GPU in two assignments',
      (input) => planOf(input, null, [{ requestIds: ['a'], gpus: [0] }, { requestIds: ['b'], gpus: [0] }]), // prettier-ignore
    ],
    ['another degree', (input) => planOf(input, null, [{ requestIds: ['a'], gpus: [0], degree: 2 }])],
    ['no steps', (input) => planOf(input, null, [{ requestIds: ['a'], gpus: [0], steps: 0 }])],
    ['half a step', (input) => planOf(input, null, [{ requestIds: ['a'], gpus: [0], steps: 0.5 }])],
    ['too many steps', (input) => planOf(input, null, [{ requestIds: ['a'], gpus: [0], steps: 5 }])],
    ['a start that is no number', (input) => planOf(input, null, [{ requestIds: ['a'], gpus: [0], startMs: NaN }])],
    ['an end that is no number', (input) => planOf(input, null, [{ requestIds: ['a'], gpus: [0], endMs: NaN }])],
    ['a round without an end', (input) => planOf(input, undefined as never, [{ requestIds: ['a'], gpus: [0] }])],
    ['a round whose end is no number', (input) => planOf(input, NaN, [{ requestIds: ['a'], gpus: [0] }])],
    ['a round that is over', (input) => planOf(input, input.nowMs, [])],
  ];

  /** A core with a chunk on GPU 1, GPU 2 lost, and two requests that wait for a policy that can be changed. */
  function coreWith(replanOn: Policy['replanOn'], plan: { now: (input: PlanningInput) => unknown }): SchedulerCore {
    const core = coreOn(3, { policy: scripted(replanOn, (input) => plan.now(input)) });
    plan.now = (input) => planOf(input, null, [{ requestIds: ['running'], gpus: [1], steps: 4 }]);
    core.handle([submit('running'), { type: 'gpu-lost', atMs: 0, gpu: 2 }]);
    return core;
  }

  describe.each(['event', 'boundary'] as const)('by a policy that plans at each %s', (replanOn) => {
    it.each(broken)('with %s is told of, and nothing is started', (_, bad) => {
      const plan = { now: bad };
      const core = coreWith(replanOn, plan);
      plan.now = bad;
      const commands = core.handle([submit('a', 1), submit('b', 1)]);
      expect(typesOf(commands)).toEqual(['plan-failed', 'wake']);
      plan.now = (input) => planOf(input, null, [{ requestIds: ['a'], gpus: [0] }]);
      expect(runIn(core.handle(submit('c', 2)))).toMatchObject({ requestIds: ['a'], gpus: [0] });
    });

    it('is an invalid-plan error where the plan breaks a rule', () => {
      const plan: Parameters<typeof coreWith>[1] = { now: () => undefined };
      const core = coreWith(replanOn, plan);
      plan.now = (input) => planOf(input, null, [{ requestIds: ['a'], gpus: [0], steps: 5 }]);
      expect(core.handle(submit('a', 1))).toMatchObject([
        { type: 'plan-failed', error: { code: 'invalid-plan', path: 'assignments[0].steps' } },
        { type: 'wake', atMs: 1001 },
      ]);
    });

    it('because the policy threw keeps what the events led to', () => {
      const plan: Parameters<typeof coreWith>[1] = { now: () => undefined };
      const core = coreWith(replanOn, plan);
      plan.now = () => {
        throw boom;
      };
      core.handle(submit('a', 1));
      expect(core.handle({ type: 'cancel', atMs: 2, requestId: 'running' })).toContainEqual({
        type: 'abort',
        chunkId: 1,
      });
      expect(core.handle(done(1, 10, 1))).toEqual([
        { type: 'settle', requestId: 'running', settlement: { status: 'cancelled' } },
        { type: 'plan-failed', error: boom },
        { type: 'wake', atMs: 1010 },
      ]);
    });

    it('is tried again at the next event, whatever that is, and asks to be woken for one', () => {
      const plan: Parameters<typeof coreWith>[1] = { now: () => undefined };
      const core = coreWith(replanOn, plan);
      plan.now = () => {
        throw boom;
      };
      expect(typesOf(core.handle(submit('a', 1)))).toEqual(['plan-failed', 'wake']);
      expect(typesOf(core.handle(time(2)))).toEqual(['plan-failed', 'wake']);
      plan.now = (input) => planOf(input, null, [{ requestIds: ['a'], gpus: [0] }]);
      expect(typesOf(core.handle(time(3)))).toEqual(['run']);
    });
  });

  it('by a group across two domains is told of', () => {
    const policy = scripted('event', (input) => planOf(input, null, [{ requestIds: ['a'], gpus: [0, 1] }]));
    const core = createSchedulerCore(createCluster(2, 1), { profile, policy, ...untimed });
    expect(typesOf(core.handle(submit('a')))).toEqual(['plan-failed', 'wake']);
  });
});

it('tells of each plan, with its input', () => {
  const told: unknown[] = [];
  const policy = createPolicy('fixed-1');
  const core = coreOn(1, { policy, onPlan: (input, plan) => told.push([input.nowMs, plan.assignments.length]) });
  core.handle(submit('a', 5));
  core.handle(submit('b', 6));
  expect(runIn(core.handle(failed(1, 7))).requestIds).toEqual(['a']);
  expect(told).toEqual([
    [5, 1],
    [7, 1],
  ]);
});
