import { describe, expect, it } from 'vitest';
import { BackendError } from '../../../src/backends/index.js';
import type { MetricsSink } from '../../../src/metrics/index.js';
import { memoryMetrics, type MemoryMetrics } from '../../../src/scheduler/index.js';
import { planOf, scripted } from '../tools.js';
import { fakeBackend, gate } from './fake-backend.js';
import { batches, completed, live, liveOn } from './setup.js';

const big = { shape: '128x128', steps: 2 };

/** A counter by the one label that tells its values apart. */
const by = (metrics: MemoryMetrics, name: Parameters<MemoryMetrics['value']>[0], label: string): object =>
  Object.fromEntries(metrics.values(name).map(({ labels, value }) => [labels[label], value]));

describe('the metrics of a scheduler', () => {
  it('agree with what happened', async () => {
    const metrics = memoryMetrics();
    const { backend, submit, until, ended, records } = await live(2, {
      ...{ metrics, maxFailures: 2, limits: { requests: 7 } },
      simulated: { isPoisonous: (payload) => payload === 'poison' },
    });
    backend.faults.failNextChunk({ requestId: 'again', afterSteps: 1 });
    backend.faults.failNextChunk({ requestId: 'over', state: 'lost' });
    backend.faults.failNextFinish({ requestId: 'decoded' });
    const watched = [
      ...[submit('ok', { steps: 9 }), submit('again', { deadlineMs: 45 }), submit('over', big), submit('decoded', big)],
      ...[submit('poison', {}, { payload: 'poison' }), submit('cancelled'), submit('lost'), submit('refused')],
    ];
    await until(15);
    void watched[5]!.handle.cancel();
    await until(62);
    backend.faults.loseGpu(0);
    await until(70);
    backend.faults.restoreGpu(0);
    await ended(...watched);

    const all = (name: Parameters<MemoryMetrics['value']>[0]): number => metrics.value(name);
    expect(by(metrics, 'requests_submitted', 'shape')).toEqual({ '64x64': 6, '128x128': 2 });
    const settled = metrics.values('requests_settled').map(({ labels, value }) => [labels['status'], value]);
    const counts: Record<string, number> = {};
    for (const [status, value] of settled as [string, number][]) counts[status] = (counts[status] ?? 0) + value;
    expect(counts).toEqual({ 'on-time': 4, late: 1, failed: 1, refused: 1, cancelled: 1 });
    expect(watched.map(({ outcome }) => outcome!.status)).toEqual([
      ...['completed', 'completed', 'completed', 'completed', 'failed', 'cancelled', 'completed', 'refused'],
    ]);

    const chunks = records.filter(({ stage }) => stage === undefined);
    expect(by(metrics, 'chunks', 'result')).toEqual({
      done: chunks.filter(({ cut }) => cut === undefined).length,
      aborted: chunks.filter(({ cut }) => cut === 'cancelled').length,
      failed: chunks.filter(({ cut }) => cut === 'failed' || cut === 'gpu-lost').length,
    });
    expect(all('steps')).toBe(chunks.reduce((sum, { steps }) => sum + steps, 0));
    const busy = records.filter(({ stage }) => stage !== 'decode');
    expect(all('gpu_time_ms')).toBeCloseTo(
      busy.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0),
      6,
    );
    expect(by(metrics, 'retries', 'cause')).toEqual({ error: 4, 'gpu-lost': 1 });
    expect(all('restarts')).toBe(1);
    expect(by(metrics, 'gpus_lost', 'gpu')).toEqual({ 0: 1 });
    expect(by(metrics, 'plans', 'result')).toEqual({ ok: expect.any(Number) });
    expect(metrics.histogram('planning_ms')!.count).toBe(all('plans'));

    const latencies = watched.flatMap(({ outcome }) => (outcome!.status === 'completed' ? [outcome!.latencyMs] : []));
    const latency = metrics.histogram('latency_ms')!;
    expect([latency.count, latency.sum]).toEqual([5, latencies.reduce((a, b) => a + b)]);
    expect([latency.min, latency.max]).toEqual([Math.min(...latencies), Math.max(...latencies)]);
    // All that ever ran, from their arrival on.
    expect(metrics.histogram('queue_ms')).toMatchObject({ count: 7, min: 0 });
    expect(metrics.histogram('slack_ms')!.count).toBe(4);
    expect(metrics.histogram('lateness_ms')).toMatchObject({ count: 1, sum: watched[1]!.endMs! - 45 });
    expect(metrics.gauge('slo_attainment', { shape: '64x64' })).toBeCloseTo(2 / 5);
    expect(metrics.gauge('slo_attainment', { shape: '128x128' })).toBe(1);
  });

  it('count changes of degree and of GPUs', async () => {
    const metrics = memoryMetrics();
    const groups = [[0], [0, 1], [1, 0], [0], [1], [1]];
    const policy = scripted('event', (input) => {
      const gpus = groups[0];
      if (input.waiting.length === 0 || gpus === undefined) return planOf(input, null, []);
      groups.shift();
      return planOf(input, null, [{ requestIds: ['a'], gpus }]);
    });
    const { submit, ended } = await live(2, { policy, metrics });
    await ended(submit('a', { steps: 6 }));
    expect(metrics.value('degree_changes')).toBe(2);
    expect(metrics.value('migrations')).toBe(1);
    expect(by(metrics, 'chunks', 'degree')).toEqual({ 1: 4, 2: 2 });
    expect(by(metrics, 'steps', 'degree')).toEqual({ 1: 4, 2: 2 });
    expect(metrics.value('gpu_time_ms')).toBeCloseTo(4 * 10 + 2 * 6 * 2);
  });

  it('count every member of a batch', async () => {
    const metrics = memoryMetrics();
    const { submit, until, ended } = await live(1, { policy: batches(), metrics });
    await until(1);
    const [a, b] = [submit('a', { arrivalMs: 1 }), submit('b', { arrivalMs: 0 })];
    await ended(a, b);
    expect(metrics.value('steps')).toBe(8);
    expect(metrics.value('chunks')).toBe(1);
    expect(metrics.value('gpu_time_ms')).toBe(48);
    expect(metrics.histogram('queue_ms')).toMatchObject({ count: 2, sum: 1 });
    expect(metrics.histogram('latency_ms')).toMatchObject({ count: 2, sum: 97 });
  });

  it('count encoding that failed as a retry, and not as a state that was lost', async () => {
    const metrics = memoryMetrics();
    const { backend, submit, ended } = await live(1, { metrics });
    backend.faults.failNextPrepare();
    await ended(submit('a', big));
    expect(by(metrics, 'retries', 'cause')).toEqual({ error: 1 });
    expect(metrics.value('restarts')).toBe(0);
  });

  it('count what was aborted', async () => {
    const metrics = memoryMetrics();
    const { submit, until, ended } = await live(1, { metrics });
    const a = submit('a');
    await until(15);
    void a.handle.cancel();
    await ended(a);
    expect(by(metrics, 'chunks', 'result')).toEqual({ aborted: 1 });
    expect(metrics.value('steps')).toBe(2);
    expect(metrics.value('gpu_time_ms')).toBe(20);
    expect(metrics.histogram('latency_ms')).toBeUndefined();
    expect(metrics.gauge('slo_attainment')).toBeUndefined();
  });

  it.each([['by an event'], ['by an error']])(
    'count the loss of the backend, told %s, once for each chunk',
    async (how) => {
      const metrics = memoryMetrics();
      const run = gate<{ steps: number }>();
      const world = await liveOn(fakeBackend({ gpus: 2, run: run.wait }), { metrics, reconnect: { delayMs: 10 } });
      const [a, b] = [world.submit('a'), world.submit('b')];
      await world.until(10);
      const lost = new BackendError('backend-lost', 'gone');
      if (how === 'by an event') world.backend.listener({ type: 'lost', detail: 'gone' });
      for (let i = 0; i < 2; i++) run.reject(lost);
      await world.until(25);
      for (let i = 0; i < 2; i++) run.resolve({ steps: 4 });
      await world.ended(a, b);
      expect(by(metrics, 'chunks', 'result')).toEqual({ failed: 2, done: 2 });
      expect(metrics.value('restarts')).toBe(2);
      expect(metrics.value('retries')).toBe(0);
      expect(metrics.value('gpu_time_ms')).toBe(10 + 10 + 5 + 5);
    },
  );

  it.each([['by an event'], ['by an error']])('count its loss while it decodes, told %s, as no retry', async (how) => {
    const metrics = memoryMetrics();
    const finish = gate<string>();
    const world = await liveOn(fakeBackend({ finish: finish.wait }), { metrics, reconnect: { delayMs: 10 } });
    const a = world.submit('a');
    await world.until(10);
    if (how === 'by an event') world.backend.listener({ type: 'lost', detail: 'gone' });
    finish.reject(new BackendError('backend-lost', 'gone'));
    await world.until(30);
    finish.resolve('art');
    await world.ended(a);
    expect(metrics.value('restarts')).toBe(1);
    expect(metrics.value('retries')).toBe(0);
  });

  it('keep shapes apart that were measured, and no others', async () => {
    const metrics = memoryMetrics();
    const { submit, ended } = await live(1, { metrics });
    await ended(submit('a', { shape: '96x96', deadlineMs: 9999 }), submit('b', { shape: '64x64' }));
    expect(by(metrics, 'requests_submitted', 'shape')).toEqual({ other: 1, '64x64': 1 });
  });

  it('count plans that failed', async () => {
    const metrics = memoryMetrics();
    let plans = 0;
    const { submit, until, ended } = await live(1, {
      metrics,
      onPlan: () => {
        if (plans++ === 0) throw new Error('no plan');
      },
    });
    const a = submit('a');
    await until(10);
    const b = submit('b');
    await ended(a, b);
    expect(by(metrics, 'plans', 'result')).toMatchObject({ failed: 1 });
  });

  it('read the queue and the GPUs as they are, and nothing once it is closed', async () => {
    const metrics = memoryMetrics();
    const { scheduler, backend, submit, until, ended } = await live(3, { metrics });
    const watched = [submit('a'), submit('b', big), submit('c'), submit('d')];
    await until(5);
    backend.faults.loseGpu(2);
    await until(5);
    const read = (name: 'requests' | 'gpus'): object =>
      Object.fromEntries(metrics.values(name).map(({ labels, value }) => [labels['state'], value]));
    expect(read('requests')).toEqual({ waiting: 2, running: 2, decoding: 0 });
    expect(read('gpus')).toEqual({ busy: 2, held: 0, idle: 0, excluded: 0, lost: 1 });
    expect(metrics.gauge('requests_late')).toBe(0);
    await until(87);
    expect(read('requests')).toEqual({ waiting: 0, running: 1, decoding: 1 });
    await ended(...watched);
    expect(metrics.gauge('step_drift', { shape: '64x64' })).toBeCloseTo(1);
    expect(metrics.values('gpu_slowdown')).toHaveLength(3);
    await scheduler.close();
    expect(metrics.values('gpus')).toEqual([]);
  });
});

describe('a metrics sink that throws', () => {
  it.each(['count', 'observe', 'gauges'] as const)(
    'from `%s` is told nothing more, and reported once',
    async (method) => {
      const calls: string[] = [];
      const note =
        (name: keyof MetricsSink) =>
        (...args: readonly unknown[]): void => {
          calls.push(name);
          if (name === method) throw new Error(`no ${name}`);
          if (name === 'gauges') expect((args[0] as () => unknown)()).toBeInstanceOf(Array);
        };
      const metrics: MetricsSink = { count: note('count'), observe: note('observe'), gauges: note('gauges') };
      const { submit, ended, errors } = await live(1, { metrics });
      const a = submit('a');
      await ended(a);
      expect(a.outcome).toMatchObject(completed(40));
      expect(errors).toEqual([`metrics: no ${method}`]);
      expect(calls.at(-1)).toBe(method);
      expect(calls.filter((name) => name === method)).toHaveLength(1);
    },
  );
});
