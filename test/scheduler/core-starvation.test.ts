import { describe, expect, it } from 'vitest';
import { createCluster, type GenerationRequest } from '../../src/model/index.js';
import { createPolicy, policyNames, type Policy } from '../../src/policies/index.js';
import type { Profile } from '../../src/profile/index.js';
import { simulate, type SimulationRun } from '../../src/simulation/index.js';
import { profileOf, square } from '../simulation/worlds.js';
import { coreOn, done, planOf, runIn, scripted, submit, typesOf } from './tools.js';

const starvationMs = 1000;

/** Serves only requests whose deadline can still be met. */
const heartless = scripted('event', (input) => {
  const [gpu] = input.gpus.filter(({ freeAtMs }) => freeAtMs <= input.nowMs);
  const [first] = input.waiting.filter(({ deadlineMs }) => deadlineMs >= input.nowMs);
  const isUsed = gpu !== undefined && first !== undefined;
  return planOf(input, null, isUsed ? [{ requestIds: [first.id], gpus: [gpu.id] }] : []);
});

/** Serves nobody. */
const idle = scripted('event', (input) => planOf(input, null, []));

describe('a request that is not done long after its deadline', () => {
  it('gets a second deadline, and weight', () => {
    const core = coreOn(1, { policy: heartless, starvationMs });
    core.handle({ type: 'gpu-lost', atMs: 0, gpu: 0 });
    const [wake] = core.handle(submit('a', 0, { deadlineMs: 50 }));
    expect(wake).toEqual({ type: 'wake', atMs: 1050 });
    core.handle({ type: 'gpu-back', atMs: 100, gpu: 0 });
    expect(core.handle({ type: 'time', atMs: 1049 })).toEqual([]);
    expect(runIn(core.handle({ type: 'time', atMs: 1050 })).requestIds).toEqual(['a']);
    // Four times the fastest rest: four steps of 6 ms. It is still late, whatever the planner is told.
    const asked = heartless.inputs.at(-1)!.waiting[0]!;
    expect(asked).toMatchObject({ deadlineMs: 1050 + 4 * 24, weight: 1001 });
    core.handle(done(1, 1060, 1));
    for (const chunkId of [2, 3, 4]) core.handle(done(chunkId, 1060 + 10 * chunkId, 1));
    expect(core.handle({ type: 'finished', atMs: 1105, requestId: 'a' })).toMatchObject([
      { settlement: { status: 'completed', onTime: false } },
    ]);
  });

  it('waits until those before it have had their share of the GPU time', () => {
    const core = coreOn(2, { policy: heartless, starvationMs });
    core.handle({ type: 'gpu-lost', atMs: 0, gpu: 0 });
    core.handle({ type: 'gpu-lost', atMs: 0, gpu: 1 });
    core.handle([submit('b', 0, { deadlineMs: 51 }), submit('a', 0, { deadlineMs: 50 })]);
    core.handle({ type: 'gpu-back', atMs: 100, gpu: 0 });
    core.handle({ type: 'gpu-back', atMs: 100, gpu: 1 });
    const commands = core.handle({ type: 'time', atMs: 1060 });
    expect(runIn(commands).requestIds).toEqual(['a']);
    // 40 GPU ms at a thirty-second of two GPUs.
    expect(commands.at(-1)).toEqual({ type: 'wake', atMs: 1060 + 640 });
  });

  it('goes ahead of all plans when it misses that one too', () => {
    const core = coreOn(2, { policy: idle, starvationMs });
    core.handle(submit('a', 0, { deadlineMs: 50, steps: 7 }));
    core.handle({ type: 'time', atMs: 1050 });
    const missedMs = 1050 + 4 * 42;
    expect(typesOf(core.handle({ type: 'time', atMs: missedMs - 1 }))).toEqual([]);
    // At its smallest degree, five steps at a time.
    expect(runIn(core.handle({ type: 'time', atMs: missedMs }))).toMatchObject({ gpus: [0], steps: 5, fromSteps: [0] });
    expect(runIn(core.handle(done(1, missedMs + 50, 5)))).toMatchObject({ gpus: [0], steps: 2, fromSteps: [5] });
  });

  it('goes there one at a time, first deadline first', () => {
    const core = coreOn(4, { policy: idle, starvationMs });
    core.handle([submit('b', 0, { deadlineMs: 40 }), submit('a', 0, { deadlineMs: 50 })]);
    for (let atMs = 1040; atMs < 1400; atMs += 10) {
      const runs = core.handle({ type: 'time', atMs }).filter(({ type }) => type === 'run');
      if (runs.length > 0) expect(runs).toMatchObject([{ requestIds: ['b'] }]);
    }
    core.handle({ type: 'time', atMs: 5000 });
    core.handle(done(1, 5001, 4));
    expect(core.status(5001)).toMatchObject({ waiting: 0, running: 1, decoding: 1 });
  });

  it('holds GPUs for its group until enough are free', () => {
    // `256x256` needs four GPUs at once; the others keep taking single ones.
    const greedy = scripted('event', (input) => {
      const free = input.gpus.filter(({ freeAtMs }) => freeAtMs <= input.nowMs).map(({ id }) => id);
      const small = input.waiting.filter(({ shape }) => shape === '64x64').slice(0, free.length);
      return planOf(
        input,
        null,
        small.map(({ id }, index) => ({ requestIds: [id], gpus: [free[index]!] })),
      );
    });
    const core = coreOn(4, { policy: greedy, starvationMs });
    core.handle(submit('wide', 0, { shape: '256x256', deadlineMs: 0, steps: 1 }));
    const far = { deadlineMs: 1e6, steps: 2 };
    core.handle([1, 2, 3, 4, 5, 6, 7, 8].map((index) => submit(`s${index}`, 0, far)));
    core.handle({ type: 'time', atMs: 1000 });
    // Its second deadline passes; from then on every GPU that gets free is held.
    core.handle({ type: 'time', atMs: 1200 });
    expect(typesOf(core.handle(done(1, 1210, 1)))).not.toContain('run');
    expect(core.status(1210).gpus.map(({ state }) => state)).toEqual(['held', 'busy', 'busy', 'busy']);
    expect(typesOf(core.handle([done(2, 1220, 1), done(3, 1220, 1)]))).not.toContain('run');
    expect(runIn(core.handle(done(4, 1230, 1)))).toMatchObject({ requestIds: ['wide'], gpus: [0, 1, 2, 3] });
  });

  it('waits for ever if that is asked for', () => {
    const core = coreOn(1, { policy: idle, starvationMs: Infinity });
    expect(core.handle(submit('a'))).toEqual([]);
    expect(core.handle({ type: 'time', atMs: 1e9 })).toEqual([]);
  });
});

const shapes = profileOf(
  square(64, { 1: 10, 2: 6 }),
  square(128, { 1: 40, 2: 22, 4: 12 }, { encodeMs: 5, decodeMs: 8 }),
);

/** Three times what the GPUs can do, for eight seconds, with deadlines that can be met only by the few. */
function overload(gpuCount: number): GenerationRequest[] {
  const everyMs = (10 * 20 + 10 * 40 + 13) / 2 / 3 / gpuCount;
  return Array.from({ length: Math.floor(8000 / everyMs) }, (_, index) => {
    const arrivalMs = index * everyMs;
    const shape = index % 2 === 0 ? '64x64' : '128x128';
    return { id: `r${index}`, shape, steps: index % 2 === 0 ? 20 : 10, arrivalMs, deadlineMs: arrivalMs + 600 };
  });
}

function run(
  policy: Policy,
  requests: readonly GenerationRequest[],
  profile: Profile,
  gpuCount: number,
): SimulationRun {
  const trace = { schemaVersion: 1, requests } as const;
  const scheduler = { starvationMs: 1000 };
  return simulate({ trace, profile, cluster: createCluster(gpuCount), policy, scheduler, checkPlans: false });
}

describe.each(['tetriserve', 'edf', 'srpt'])('under sustained overload, %s', { timeout: 120_000 }, (name) => {
  const gpuCount = 4;
  const requests = overload(gpuCount);

  it('lets every late request end within the bound that is stated', () => {
    const result = run(createPolicy(name), requests, shapes, gpuCount);
    const ends = new Map(result.records.map(({ requestId, endMs }) => [requestId, endMs!]));
    const gpuMs = (request: GenerationRequest): number => request.steps * (request.shape === '64x64' ? 10 : 40) + 13;
    const byDeadline = [...requests].sort((a, b) => a.deadlineMs - b.deadlineMs);
    byDeadline.forEach((request, index) => {
      const startMs = request.deadlineMs + 1000;
      const ahead = byDeadline.slice(0, index + 1).filter((other) => ends.get(other.id)! > startMs);
      // One after the other at a thirty-second of the GPU time, then at worst alone at degree 1, each behind the longest chunk.
      const shareMs = ahead.reduce((sum, other) => sum + gpuMs(other), 0) / (gpuCount / 32);
      const aloneMs = ahead.reduce((sum, other) => sum + 2 * gpuMs(other) + 500, 0);
      expect(ends.get(request.id)!, `of ${request.id}`).toBeLessThanOrEqual(
        startMs + shareMs + 4 * gpuMs(request) + aloneMs,
      );
    });
  });

  it('serves late ones while others keep coming', () => {
    const result = run(createPolicy(name), requests, shapes, gpuCount);
    const lateDuring = result.records.filter(({ onTime, endMs }) => !onTime && endMs! < 8000);
    expect(lateDuring.length).toBeGreaterThan(0);
  });
});

it.each(['tetriserve', 'edf'])('%s still meets most of the deadlines that it could meet', (name) => {
  const gpuCount = 4;
  const requests = overload(gpuCount);
  const result = run(createPolicy(name), requests, shapes, gpuCount);
  const without = simulate({
    ...{
      trace: { schemaVersion: 1, requests },
      profile: shapes,
      cluster: createCluster(gpuCount),
      checkPlans: false,
    },
    policy: createPolicy(name),
    scheduler: { starvationMs: Infinity },
  });
  const met = ({ records }: SimulationRun): number => records.filter(({ onTime }) => onTime).length;
  expect(met(result)).toBeGreaterThan(0.85 * met(without));
});

it.each(policyNames)('%s leaves nobody behind that fits a domain', (name) => {
  const wide = profileOf(square(64, { 1: 10 }), square(256, { 3: 30 }));
  const requests = ['64x64', '256x256', '64x64', '256x256'].map((shape, index) => {
    return { id: `r${index}`, shape, steps: 3, arrivalMs: index, deadlineMs: index + 100 };
  });
  const result = run(createPolicy(name), requests, wide, 3);
  expect(result.records.map(({ status }) => status)).toEqual(Array(4).fill('completed'));
});
