import { describe, expect, test } from 'vitest';
import { metricCatalog } from '../../src/metrics/index.js';
import { counterNames, gaugeNames, histogramNames } from './samples.js';

test('every metric is of one of three kinds', () => {
  const names = [...counterNames, ...histogramNames, ...gaugeNames];
  expect(names.sort()).toEqual(Object.keys(metricCatalog).sort());
});

describe.each(Object.entries(metricCatalog))('%s', (name, { kind, help, unit, labels, buckets }) => {
  test('has a name in snake case that carries its unit', () => {
    expect(name).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(name.endsWith('_ms')).toBe(unit === 'ms');
    // Adapters add those where their world wants them.
    expect(name).not.toMatch(/_(total|count|sum|bucket|info|created)$/);
  });

  test('says in one sentence what it is', () => {
    expect(help).toMatch(/^[A-Z][^\n]*\.$/);
  });

  test('has labels that Prometheus takes', () => {
    for (const label of labels) expect(label).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(labels).not.toContain('le');
    expect(labels).not.toContain('quantile');
    expect(new Set(labels).size).toBe(labels.length);
  });

  test('has buckets if it is a histogram', () => {
    expect(buckets !== undefined).toBe(kind === 'histogram');
    const bounds = buckets ?? [];
    expect(bounds).toEqual([...new Set(bounds)].sort((a, b) => a - b));
    // OpenTelemetry takes nothing below zero, and quantiles of Prometheus begin there.
    for (const bound of bounds) expect(bound).toBeGreaterThan(0);
    if (kind === 'histogram') expect(bounds.length).toBeGreaterThan(1);
  });
});
