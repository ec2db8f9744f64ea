import { describe, expect, it } from 'vitest';
import { createCluster, type GenerationRequest } from '../../src/model/index.js';
import { createPolicy, policyNames, type Policy } from '../../src/policies/index.js';
import {
  simulate,
  validateRun,
  type ChunkRecord,
  type Disturbance,
  type SimulationRun,
} from '../../src/simulation/index.js';
import { profileOf, square } from './worlds.js';

const profile = profileOf(
  square(64, { 1: 10, 2: 6 }),
  square(128, { 1: 40, 2: 22 }, { encodeMs: 5, decodeMs: 8, batchStepMs: { 2: { 1: 60 } } }),
  square(256, { 1: 10 }, { decodeMs: 100 }),
);

const small: GenerationRequest = { id: 'a', shape: '64x64', steps: 4, arrivalMs: 0, deadlineMs: 1000 };
const big: GenerationRequest = { ...small, shape: '128x128', steps: 1 };

/** Runs on one or two GPUs, and checks the run. */
function run(
  gpuCount: number,
  requests: readonly GenerationRequest[],
  disturbances: readonly Disturbance[],
  policy: Policy = createPolicy('fixed-1'),
  checkPlans = true,
): SimulationRun {
  const trace = { schemaVersion: 1 as const, requests };
  const cluster = createCluster(gpuCount);
  const result = simulate({ trace, profile, cluster, policy, disturbances, checkPlans });
  expect(validateRun(result.log, trace, profile, { cluster, records: result.records }).violations).toEqual([]);
  return result;
}

const cancel = (requestId: string, atMs: number): Disturbance => ({ type: 'cancel', requestId, atMs });
const lose = (gpu: number, atMs: number, state: 'intact' | 'lost'): Disturbance => ({
  type: 'gpu-lost',
  gpu,
  atMs,
  state,
});
const back = (gpu: number, atMs: number): Disturbance => ({ type: 'gpu-back', gpu, atMs });
const ends = ({ records }: SimulationRun): string[] =>
  records.map(({ requestId, status, endMs }) => `${requestId} ${status} ${endMs}`);
const steps = ({ log }: SimulationRun): readonly ChunkRecord[] =>
  log.filter(({ stage }) => stage === undefined || stage === 'denoise');

describe('a cancellation', () => {
  it('before the arrival is ignored', () => {
    expect(ends(run(1, [{ ...small, arrivalMs: 10 }], [cancel('a', 5)]))).toEqual(['a completed 50']);
  });

  it('after the end is ignored, as is one of a request that never was', () => {
    expect(ends(run(1, [small], [cancel('a', 41), cancel('nobody', 5)]))).toEqual(['a completed 40']);
  });

  it('of a request that waits settles it at once', () => {
    const { log, records } = run(1, [small, { ...small, id: 'b' }], [cancel('b', 7)]);
    expect(log).toHaveLength(1);
    expect(records[1]).toEqual({ requestId: 'b', status: 'cancelled', endMs: 7, onTime: false });
  });

  it.each([
    [15, 20, 2],
    [20, 20, 2],
    [20.001, 30, 3],
    [31, 40, 4],
  ])('at %d frees the GPU at the next step boundary', (atMs, endMs, done) => {
    const { log, records } = run(1, [small, { ...small, id: 'b' }], [cancel('a', atMs)]);
    expect(log[0]).toMatchObject({ requestIds: ['a'], startMs: 0, endMs, steps: done });
    expect(log[0]!.cut).toBe(done === 4 ? undefined : 'cancelled');
    expect(log[1]).toMatchObject({ requestIds: ['b'], startMs: endMs });
    expect(records[0]).toEqual({ requestId: 'a', status: 'cancelled', endMs, onTime: false });
  });

  it('in the middle of encoding ends with it', () => {
    const { log, records } = run(1, [big], [cancel('a', 3)]);
    expect(log).toEqual([{ requestIds: ['a'], gpus: [0], degree: 1, startMs: 0, endMs: 5, steps: 0, stage: 'encode' }]);
    expect(records[0]).toMatchObject({ status: 'cancelled', endMs: 5 });
  });

  it('in the middle of a change of GPUs ends it at once', () => {
    // At 25 GPU 0 is lost, and `a` moves to GPU 1 until 27.
    const result = run(2, [small], [lose(0, 25, 'intact'), cancel('a', 26)]);
    expect(result.log[1]).toMatchObject({ gpus: [1], startMs: 25, endMs: 26, steps: 0, cut: 'cancelled' });
    expect(ends(result)).toEqual(['a cancelled 26']);
  });

  it('while decoding counts when that is done', () => {
    const result = run(1, [big], [cancel('a', 47)]);
    expect(ends(result)).toEqual(['a cancelled 53']);
    expect(result.log.at(-1)).toMatchObject({ stage: 'decode', startMs: 45, endMs: 53 });
  });

  it('twice counts once', () => {
    expect(ends(run(1, [small], [cancel('a', 15), cancel('a', 16)]))).toEqual(['a cancelled 20']);
  });
});

describe('a lost GPU', () => {
  it('with its state intact costs the step that ran', () => {
    const result = run(2, [small], [lose(0, 25, 'intact')]);
    expect(result.log).toEqual([
      { requestIds: ['a'], gpus: [0], degree: 1, startMs: 0, endMs: 25, steps: 2, fromSteps: [0], cut: 'gpu-lost' },
      { requestIds: ['a'], gpus: [1], degree: 1, startMs: 25, endMs: 47, steps: 2, fromSteps: [2] },
    ]);
    expect(ends(result)).toEqual(['a completed 47']);
  });

  it('keeps its state unless it is said to be lost', () => {
    const untold: Disturbance = { type: 'gpu-lost', gpu: 0, atMs: 25 };
    expect(run(2, [small], [untold])).toEqual(run(2, [small], [lose(0, 25, 'intact')]));
  });

  it('with its state lost costs everything', () => {
    const result = run(2, [small], [lose(0, 25, 'lost')]);
    expect(result.log).toEqual([
      { requestIds: ['a'], gpus: [0], degree: 1, startMs: 0, endMs: 25, steps: 0, fromSteps: [0], cut: 'gpu-lost' },
      { requestIds: ['a'], gpus: [1], degree: 1, startMs: 25, endMs: 67, steps: 4, fromSteps: [0] },
    ]);
  });

  it('takes its whole group with it', () => {
    const result = run(2, [small], [lose(1, 13, 'intact'), back(1, 50)], createPolicy('fixed-2'));
    expect(steps(result)).toMatchObject([
      { gpus: [0, 1], endMs: 13, steps: 2, cut: 'gpu-lost' },
      { gpus: [0, 1], startMs: 50, endMs: 62, steps: 2 },
    ]);
  });

  it('at the end of a chunk does not take it back, nor does it decode on the GPU that is gone', () => {
    const result = run(2, [big], [lose(0, 45, 'lost')]);
    expect(result.log.at(-1)).toMatchObject({ gpus: [1], stage: 'decode', startMs: 45, endMs: 53 });
    expect(ends(result)).toEqual(['a completed 53']);
  });

  it('in the middle of decoding costs the decoding', () => {
    const result = run(2, [big], [lose(0, 50, 'intact')]);
    expect(result.log.at(-1)).toMatchObject({ gpus: [1], stage: 'decode', startMs: 50, endMs: 58 });
    expect(ends(result)).toEqual(['a completed 58']);
  });

  it('in the middle of decoding, with its state lost, costs everything', () => {
    const result = run(2, [big], [lose(0, 50, 'lost')]);
    // Encoding to 55, the move to 57, one step to 97.
    expect(steps(result).at(-1)).toMatchObject({ gpus: [1], endMs: 97, fromSteps: [0] });
    expect(ends(result)).toEqual(['a completed 105']);
  });

  it('forgets what it was decoding', () => {
    const result = run(1, [{ ...small, shape: '256x256', steps: 1 }], [lose(0, 20, 'intact'), back(0, 30)]);
    expect(result.log.at(-1)).toMatchObject({ stage: 'decode', startMs: 30, endMs: 130 });
    expect(ends(result)).toEqual(['a completed 130']);
  });

  it('in the middle of the encoding of one member costs the others their steps, and the log says so', () => {
    // One step each; from the second call on together.
    const pair: Policy = {
      name: 'pair',
      replanOn: 'event',
      plan({ nowMs, waiting }) {
        const requestIds = waiting.map(({ id }) => id);
        const gpus = [0];
        const encodeMs = waiting.reduce((sum, each) => sum + each.encodeMs, 0);
        const endMs = nowMs + encodeMs + (requestIds.length === 1 ? 40 : 60);
        return {
          startMs: nowMs,
          endMs: null,
          assignments: [{ requestIds, gpus, degree: 1, steps: 1, startMs: nowMs, endMs }],
          outcomes: [],
        };
      },
    };
    const requests = [
      { ...big, steps: 2 },
      { ...big, steps: 2, id: 'b', arrivalMs: 1 },
    ];
    // `a` does a step until 45; then `b` is encoded until 50.
    const result = run(1, requests, [lose(0, 47, 'lost'), back(0, 60)], pair, false);
    expect(steps(result).map(({ fromSteps }) => fromSteps)).toEqual([[0], [0, 0], [1, 1]]);
  });

  it('that is back before anyone needs it changes nothing', () => {
    expect(run(2, [small], [lose(1, 5, 'lost'), back(1, 6)])).toMatchObject({ log: run(2, [small], []).log });
  });

  it('may be lost twice, and come back twice', () => {
    const twice = [lose(0, 25, 'lost'), lose(0, 26, 'lost'), back(0, 30), back(0, 31)];
    expect(ends(run(1, [small], twice))).toEqual(['a completed 70']);
  });

  it('has to be one of the cluster', () => {
    expect(() => run(1, [small], [lose(7, 5, 'lost')])).toThrow(expect.objectContaining({ code: 'unknown-gpu' }));
  });
});

describe.each(policyNames)('%s', (name) => {
  const policy = createPolicy(name);
  const all = [0, 1, 2, 3, 4, 5, 6, 7];

  it('leaves everything unfinished when all GPUs are lost for good', () => {
    const result = run(8, [small, { ...small, id: 'b', arrivalMs: 100, deadlineMs: 2000 }], all.map((gpu) => lose(gpu, 15, 'intact')), policy); // prettier-ignore
    expect(ends(result)).toEqual(['a unfinished null', 'b unfinished null']);
  });

  it('completes everything when all GPUs come back', () => {
    const disturbances = all.flatMap((gpu) => [lose(gpu, 15, 'lost'), back(gpu, 5000 + gpu)]);
    const result = run(8, [small, { ...big, id: 'b' }], disturbances, policy);
    expect(result.records.map(({ status }) => status)).toEqual(['completed', 'completed']);
    expect(result.records.every(({ endMs }) => endMs! > 5000)).toBe(true);
  });
});
