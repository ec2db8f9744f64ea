import { describe, expect, test } from 'vitest';
import { memoryMetrics } from '../../src/metrics/index.js';

describe('counters', () => {
  test('are 0 before anything was counted', () => {
    expect(memoryMetrics().value('restarts')).toBe(0);
    expect(memoryMetrics().values('restarts')).toEqual([]);
  });

  test('are added up over the sets that have the labels asked for', () => {
    const sink = memoryMetrics();
    sink.count('steps', 1, { shape: 'a', degree: '1' });
    sink.count('steps', 2, { degree: '2', shape: 'a' });
    sink.count('steps', 4, { shape: 'b', degree: '2' });
    sink.count('steps', 8, { shape: 'a', degree: '2' });
    expect(sink.value('steps')).toBe(15);
    expect(sink.value('steps', { shape: 'a' })).toBe(11);
    expect(sink.value('steps', { degree: '2', shape: 'a' })).toBe(10);
    expect(sink.value('steps', { shape: 'c' })).toBe(0);
    expect(sink.values('steps')).toEqual([
      { labels: { shape: 'a', degree: '1' }, value: 1 },
      { labels: { shape: 'a', degree: '2' }, value: 10 },
      { labels: { shape: 'b', degree: '2' }, value: 4 },
    ]);
  });

  test('keep what they were given, whatever the caller does with it later', () => {
    const sink = memoryMetrics();
    const labels = { gpu: '1' };
    sink.count('gpus_lost', 1, labels);
    labels.gpu = '2';
    expect(sink.values('gpus_lost')).toEqual([{ labels: { gpu: '1' }, value: 1 }]);
  });

  test('keep at most 1000 sets of labels apart, and count all', () => {
    const sink = memoryMetrics();
    for (let i = 0; i < 1500; i++) sink.count('requests_submitted', 1, { shape: String(i) });
    sink.count('requests_submitted', 1, { shape: '0' });
    expect(sink.values('requests_submitted')).toHaveLength(1001);
    expect(sink.value('requests_submitted')).toBe(1501);
    expect(sink.value('requests_submitted', { shape: '0' })).toBe(2);
    expect(sink.value('requests_submitted', { shape: 'other' })).toBe(500);
    // Other metrics have room of their own.
    sink.count('gpus_lost', 1, { gpu: '7' });
    expect(sink.value('gpus_lost', { gpu: '7' })).toBe(1);
  });
});

describe('histograms', () => {
  test('are undefined before anything was observed', () => {
    expect(memoryMetrics().histogram('planning_ms')).toBeUndefined();
  });

  test('are summed up over the sets that have the labels asked for', () => {
    const sink = memoryMetrics();
    sink.observe('slack_ms', 0, { shape: 'a' });
    sink.observe('slack_ms', 100, { shape: 'a' });
    sink.observe('slack_ms', 100_000, { shape: 'b' });
    const none = Array.from({ length: 11 }, () => 0);
    expect(sink.histogram('slack_ms', { shape: 'a' })).toEqual({
      ...{ count: 2, sum: 100, min: 0, max: 100 },
      buckets: none.with(0, 1).with(2, 1),
    });
    expect(sink.histogram('slack_ms')).toEqual({
      ...{ count: 3, sum: 100_100, min: 0, max: 100_000 },
      buckets: none.with(0, 1).with(2, 1).with(10, 1),
    });
    expect(sink.histogram('slack_ms', { shape: 'c' })).toBeUndefined();
  });

  test('do not change after they were handed out', () => {
    const sink = memoryMetrics();
    sink.observe('planning_ms', 1, {});
    const before = sink.histogram('planning_ms');
    const copy = structuredClone(before);
    sink.observe('planning_ms', 2, {});
    expect(before).toEqual(copy);
  });
});

describe('gauges', () => {
  test('are undefined before anybody reports them', () => {
    expect(memoryMetrics().gauge('requests')).toBeUndefined();
  });

  test('are read when they are asked for', () => {
    const sink = memoryMetrics();
    let value = 1;
    sink.gauges(() => [{ name: 'requests_late', labels: {}, value: value++ }]);
    expect([sink.gauge('requests_late'), sink.gauge('requests_late')]).toEqual([1, 2]);
  });

  test('are added up if they count, and otherwise need all labels', () => {
    const sink = memoryMetrics();
    sink.gauges(() => [
      { name: 'gpus', labels: { state: 'idle' }, value: 3 },
      { name: 'gpus', labels: { state: 'busy' }, value: 5 },
      { name: 'slo_attainment', labels: { shape: 'a' }, value: 0.5 },
      { name: 'slo_attainment', labels: { shape: 'b' }, value: 0.75 },
    ]);
    expect(sink.gauge('gpus')).toBe(8);
    expect(sink.gauge('gpus', { state: 'idle' })).toBe(3);
    expect(sink.gauge('slo_attainment')).toBeUndefined();
    expect(sink.gauge('slo_attainment', { shape: 'b' })).toBe(0.75);
    expect(sink.values('slo_attainment')).toEqual([
      { labels: { shape: 'a' }, value: 0.5 },
      { labels: { shape: 'b' }, value: 0.75 },
    ]);
  });

  test('of several schedulers come together', () => {
    const sink = memoryMetrics();
    for (const value of [0.25, 0.5]) {
      sink.gauges(() => [
        { name: 'requests', labels: { state: 'waiting' }, value },
        { name: 'gpu_slowdown', labels: { gpu: '0' }, value },
      ]);
    }
    expect(sink.gauge('requests')).toBe(0.75);
    expect(sink.gauge('gpu_slowdown')).toBe(0.5);
  });
});
