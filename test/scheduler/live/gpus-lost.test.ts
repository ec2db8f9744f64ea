import { describe, expect, it } from 'vitest';
import { BackendError } from '../../../src/backends/index.js';
import { fixedDegree } from '../../../src/policies/index.js';
import { fakeBackend, gate } from './fake-backend.js';
import { completed, failedFor, live, liveOn } from './setup.js';

const big = { shape: '128x128', steps: 2 };
const statesOf = ({ scheduler }: Awaited<ReturnType<typeof liveOn>>): string[] =>
  scheduler.status().gpus.map(({ state }) => state);

describe('a GPU that is lost', () => {
  it('in the middle of a chunk lets it go on elsewhere, after the steps that are done', async () => {
    const world = await live(2);
    const a = world.submit('a');
    await world.until(25);
    world.backend.faults.loseGpu(0);
    expect(statesOf(world)).toEqual(['lost', 'idle']);
    await world.ended(a);
    expect(a.outcome).toMatchObject(completed(45));
    expect(a.progress.slice(3, 6)).toEqual(['running 1/4 on 0', 'running 2/4 on 0', 'running 2/4 on 1']);
  });

  it('with the state of what runs on it lets that start over elsewhere', async () => {
    const { backend, submit, until, ended } = await live(2);
    const a = submit('a', big);
    await until(50);
    backend.faults.loseGpu(0, { state: 'lost' });
    await ended(a);
    expect(a.outcome).toMatchObject(completed(50 + 93));
    expect(a.progress).toContain('preparing 1');
  });

  it('is not held against the requests on it, however often', async () => {
    const { backend, submit, until, ended } = await live(1, { maxFailures: 1 });
    const a = submit('a');
    for (let atMs = 15; atMs <= 75; atMs += 15) {
      await until(atMs);
      backend.faults.loseGpu(0);
      await until(atMs + 1);
      backend.faults.restoreGpu(0);
    }
    await ended(a);
    // Each time the step in progress is lost.
    expect(a.outcome).toMatchObject({ status: 'completed' });
  });

  it('while it encodes has it encoded elsewhere', async () => {
    const { backend, submit, until, ended } = await live(2);
    const a = submit('a', big);
    await until(3);
    backend.faults.loseGpu(0);
    await ended(a);
    expect(a.outcome).toMatchObject(completed(3 + 93));
  });

  it('while it decodes has it decoded elsewhere', async () => {
    const { backend, submit, until, ended } = await live(2);
    const a = submit('a', big);
    await until(87);
    backend.faults.loseGpu(0);
    await ended(a);
    expect(a.outcome).toMatchObject(completed(87 + 8));
    expect(a.progress.slice(-3)).toEqual(['decoding 0', 'decoding 1', 'end']);
  });

  it('is used again when it is back', async () => {
    const { backend, submit, until, ended } = await live(1);
    const [a, b] = [submit('a'), submit('b')];
    await until(25);
    backend.faults.loseGpu(0);
    await until(100);
    expect([a.progress.at(-1), b.progress.at(-1)]).toEqual(['queued', 'queued']);
    backend.faults.restoreGpu(0);
    await ended(a, b);
    expect(a.endMs).toBe(120);
    expect(b.endMs).toBe(160);
  });

  it('with all the others keeps everybody waiting until they are back', async () => {
    const world = await live(2, { policy: fixedDegree(2) });
    const { backend, submit, until, ended } = world;
    const a = submit('a');
    await until(7);
    for (const gpu of [0, 1]) backend.faults.loseGpu(gpu);
    const b = submit('b');
    await until(500);
    expect(statesOf(world)).toEqual(['lost', 'lost']);
    for (const gpu of [1, 0]) backend.faults.restoreGpu(gpu);
    await ended(a, b);
    expect(a.endMs).toBe(500 + 3 * 6);
  });

  it('is back at once when it was lost and restored in one moment', async () => {
    const world = await live(1);
    const a = world.submit('a');
    await world.until(25);
    world.backend.faults.loseGpu(0);
    world.backend.faults.restoreGpu(0);
    await world.ended(a);
    expect(a.outcome).toMatchObject(completed(45));
    expect(statesOf(world)).toEqual(['idle']);
  });
});

describe('the loss of a GPU', () => {
  const lossOf = (...gpus: number[]): BackendError =>
    new BackendError('gpu-lost', 'gone', { state: 'intact', ...(gpus.length > 0 && { gpus }) });

  it('that only an error tells of counts', async () => {
    const run = gate<{ steps: number }>();
    const world = await liveOn(fakeBackend({ gpus: 2, run: run.wait }), { maxFailures: 1 });
    const a = world.submit('a');
    await world.clock.advance(1);
    run.reject(lossOf(0));
    await world.clock.advance(1);
    expect(statesOf(world)).toEqual(['lost', 'busy']);
    run.resolve({ steps: 4 });
    world.backend.listener({ type: 'gpu-back', gpu: 0 });
    await world.ended(a);
    expect(statesOf(world)).toEqual(['idle', 'idle']);
  });

  it('that only an event tells of leaves what runs on it alone', async () => {
    const run = gate<{ steps: number }>();
    const world = await liveOn(fakeBackend({ gpus: 2, run: run.wait }));
    const a = world.submit('a');
    await world.clock.advance(1);
    world.backend.listener({ type: 'gpu-lost', gpu: 0, detail: 'gone' });
    expect(statesOf(world)).toEqual(['lost', 'idle']);
    run.resolve({ steps: 4 });
    await world.ended(a);
    // It is decoded where there is a GPU.
    expect(world.backend.calls.slice(-2)).toEqual(['finish a on 1', 'release a']);
  });

  it('that is told several times happens once', async () => {
    const lost: number[] = [];
    const run = gate<{ steps: number }>();
    const world = await liveOn(fakeBackend({ gpus: 2, run: run.wait }), {
      metrics: {
        count: (name, _, labels) => {
          if (name === 'gpus_lost') lost.push(Number(labels['gpu']));
        },
        observe: () => undefined,
        gauges: () => undefined,
      },
    });
    const a = world.submit('a');
    await world.clock.advance(1);
    world.backend.listener({ type: 'gpu-lost', gpu: 0, detail: 'gone' });
    world.backend.listener({ type: 'gpu-lost', gpu: 0, detail: 'gone' });
    run.reject(lossOf(0));
    await world.clock.advance(1);
    run.resolve({ steps: 4 });
    await world.ended(a);
    expect(lost).toEqual([0]);
  });

  it('that a call tells of late, when the GPU is back, is no news', async () => {
    const run = gate<{ steps: number }>();
    const world = await liveOn(fakeBackend({ run: run.wait }), { maxFailures: 1 });
    const a = world.submit('a');
    await world.clock.advance(1);
    world.backend.listener({ type: 'gpu-lost', gpu: 0, detail: 'gone' });
    world.backend.listener({ type: 'gpu-back', gpu: 0 });
    await world.clock.advance(1);
    // Without a name, too, it is that loss that ended the call.
    run.reject(lossOf());
    await world.clock.advance(1);
    expect(statesOf(world)).toEqual(['busy']);
    run.resolve({ steps: 4 });
    await world.ended(a);
    expect(a.outcome).toMatchObject({ status: 'completed' });
  });

  it('that names no GPU counts against the request, so that it is not tried for ever', async () => {
    const world = await liveOn(fakeBackend({ run: () => Promise.reject(lossOf()) }));
    const a = world.submit('a');
    await world.ended(a);
    expect(a.outcome).toEqual(failedFor('steps-failed', 'gone'));
  });

  it('that names GPUs of others counts against the request as well, and takes those', async () => {
    const world = await liveOn(fakeBackend({ gpus: 2, run: () => Promise.reject(lossOf(1)) }));
    const a = world.submit('a');
    await world.ended(a);
    expect(a.outcome).toEqual(failedFor('steps-failed', 'gone'));
    expect(statesOf(world)).toEqual(['idle', 'lost']);
  });

  it('of GPUs that nobody knows is none', async () => {
    const world = await live(1);
    const backend = fakeBackend();
    const other = await liveOn(backend);
    backend.listener({ type: 'gpu-lost', gpu: 5, detail: 'gone' });
    backend.listener({ type: 'gpu-back', gpu: 5 });
    backend.listener({ type: 'gpu-back', gpu: 0 });
    await other.ended(other.submit('a'));
    expect(other.errors).toEqual([]);
    expect(statesOf(world)).toEqual(['idle']);
  });
});
