import { afterEach, describe, expect, it } from 'vitest';
import type { SimulatedChunkRecord } from '../../src/backends/simulated/index.js';
import { createCluster } from '../../src/model/index.js';
import { validateRun, type ChunkRecord } from '../../src/simulation/index.js';
import { abortable, big, expectNothingLeft, openSetup, profile, rejected } from './simulated-setup.js';

afterEach(expectNothingLeft);

/** A record without the fields that are always there. */
const brief = ({ gpus, degree, ...rest }: SimulatedChunkRecord): unknown => {
  expect(degree).toBe(gpus.length);
  return { ...rest, gpus: gpus.join() };
};

describe('onChunk is told', () => {
  it('of encoding, steps and decoding, in order of end', async () => {
    const { prepare, run, finish, until, records } = await openSetup();
    prepare('a', { shape: big, steps: 2, gpu: 1 });
    prepare('b', { steps: 2 });
    await until(5);
    run('b', { steps: 2, gpus: [2] });
    run('a', { steps: 1, gpus: [0, 1] });
    await until(30);
    run('a', { steps: 1, from: 1, gpus: [0] });
    await until(73);
    finish('a', { gpu: 3 });
    finish('b', { gpu: 2 });
    await until(100);
    expect(records.map(brief)).toEqual([
      { requestIds: ['a'], gpus: '1', startMs: 0, endMs: 5, steps: 0, stage: 'encode' },
      { requestIds: ['b'], gpus: '2', startMs: 5, endMs: 25, steps: 2, fromSteps: [0] },
      { requestIds: ['a'], gpus: '0,1', startMs: 5, endMs: 27, steps: 1, fromSteps: [0] },
      { requestIds: ['a'], gpus: '0', startMs: 30, endMs: 73, steps: 1, fromSteps: [1] },
      // It took no time, but was late.
      { requestIds: ['b'], gpus: '2', startMs: 73, endMs: 73, steps: 0, stage: 'decode' },
      { requestIds: ['a'], gpus: '3', startMs: 73, endMs: 81, steps: 0, stage: 'decode' },
    ]);
  });

  it('of nothing that took no time', async () => {
    const { run, finish, until, records } = await openSetup('a');
    run('a', { signal: AbortSignal.abort() });
    await until(0);
    run('a', { steps: 2 });
    await until(30);
    const { signal, abort } = abortable();
    const ran = run('a', { from: 2, steps: 2, signal });
    abort();
    await until(30);
    expect(ran.value).toEqual({ steps: 0, durationMs: 0 });
    run('a', { from: 2, steps: 2 });
    await until(50);
    finish('a');
    await until(50);
    expect(records.map(({ endMs }) => endMs)).toEqual([20, 50]);
    // An attempt that came to nothing does not make a decoding on time.
    await until(60);
    finish('a', { signal: AbortSignal.abort() });
    await until(60);
    finish('a');
    await until(60);
    expect(records.map(({ stage, endMs }) => [stage, endMs])).toEqual([
      [undefined, 20],
      [undefined, 50],
      ['decode', 60],
    ]);
  });

  it('of everything that was cut short, and why', async () => {
    const { backend, run, prepare, until, records, finish } = await openSetup('a b c');
    const { signal, abort } = abortable();
    run('a b', { gpus: [0], signal });
    await until(1);
    abort();
    await until(18);
    backend.faults.failNextChunk({ afterSteps: 1 });
    run('a', { from: 1, steps: 3 });
    backend.faults.failNextChunk({ afterSteps: 1, state: 'lost' });
    run('b', { from: 1, steps: 3, gpus: [1] });
    run('c', { gpus: [2] });
    await until(45);
    backend.faults.loseGpu(2);
    backend.faults.failNextPrepare();
    prepare('d', { shape: big });
    await until(50);
    run('c', { from: 2, steps: 2, gpus: [3] });
    await until(75);
    finish('c', { gpu: 3 });
    prepare('d', { shape: big });
    await until(77);
    backend.faults.die();
    expect(records.map(brief)).toEqual([
      { requestIds: ['a', 'b'], gpus: '0', startMs: 0, endMs: 18, steps: 1, fromSteps: [0, 0], cut: 'cancelled' },
      { requestIds: ['a'], gpus: '0', startMs: 18, endMs: 38, steps: 1, fromSteps: [1], cut: 'failed' },
      // It moved first.
      { requestIds: ['b'], gpus: '1', startMs: 18, endMs: 41, steps: 0, fromSteps: [1], cut: 'failed' },
      { requestIds: ['c'], gpus: '2', startMs: 18, endMs: 45, steps: 2, fromSteps: [0], cut: 'gpu-lost' },
      { requestIds: ['d'], gpus: '0', startMs: 45, endMs: 50, steps: 0, stage: 'encode', cut: 'failed' },
      { requestIds: ['c'], gpus: '3', startMs: 50, endMs: 73, steps: 2, fromSteps: [2] },
      { requestIds: ['c'], gpus: '3', startMs: 75, endMs: 75, steps: 0, stage: 'decode' },
      { requestIds: ['d'], gpus: '0', startMs: 75, endMs: 77, steps: 0, stage: 'encode', cut: 'gpu-lost' },
    ]);
  });

  it('of what close cut short', async () => {
    const { backend, run, until, records } = await openSetup('a');
    run('a');
    await until(25);
    await backend.close();
    expect(records).toEqual([
      { requestIds: ['a'], gpus: [0], degree: 1, startMs: 0, endMs: 25, steps: 0, fromSteps: [0], cut: 'cancelled' },
    ]);
  });

  it('right after the call was answered, when its GPUs are free', async () => {
    const calls: unknown[] = [];
    const setup = await openSetup('a b', {}, { onChunk: () => calls.push(setup.run('b')) });
    setup.run('a');
    await setup.until(80);
    expect(calls).toEqual([expect.objectContaining({ status: 'resolved', atMs: 80 }), rejected('wrong-step')]);
  });
});

it('its records make a run log that is valid', async () => {
  const { backend, prepare, run, finish, until, records } = await openSetup();
  const ids = ['a', 'b', 'c'];
  for (const id of ids) prepare(id, { shape: big, steps: 3, gpu: 1 });
  await until(20);
  run('a b', { steps: 2 });
  run('c', { steps: 3, gpus: [2, 3] });
  await until(70);
  backend.faults.loseGpu(2, { state: 'lost' });
  prepare('c', { shape: big, steps: 3, gpu: 2 });
  prepare('c', { shape: big, steps: 3, gpu: 3 });
  await until(170);
  run('a', { from: 2, steps: 1, gpus: [0, 1] });
  run('c', { steps: 3, gpus: [3] });
  await until(200);
  run('b', { from: 2, steps: 1, gpus: [0] });
  await until(300);
  for (const id of ids) finish(id, { gpu: 3 });
  await until(400);
  const requests = ids.map((id) => ({ id, shape: big, steps: 3, arrivalMs: 0, deadlineMs: 316 }));
  const verdict = validateRun(records as readonly ChunkRecord[], { requests }, profile, { cluster: createCluster(4) });
  expect(verdict.violations).toEqual([]);
  expect([...verdict.completions]).toEqual([
    ['a', 308],
    ['b', 316],
    ['c', 324],
  ]);
  expect(verdict.onTime).toBe(2);
});
