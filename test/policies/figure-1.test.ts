import { describe, expect, test } from 'vitest';
import { createCluster } from '../../src/model/index.js';
import { edf, fixedDegree, perShape, srpt, tetriserve, type Policy } from '../../src/policies/index.js';
import { simulate, type Trace } from '../../src/simulation/index.js';
import { profileOf, want } from './fixtures.js';

// The paper's first figure: three requests of five steps each, in three sizes, on four GPUs. Sizes differ in how much a
// step gains by more GPUs, and in how soon they are due, so that no one degree is right for all.
const profile = profileOf({
  256: { 1: 20, 2: 21, 4: 24 },
  512: { 1: 60, 2: 40, 4: 30 },
  1024: { 1: 180, 2: 100, 4: 60 },
});
const cluster = createCluster(4);
const requests = [want('small', 256, 5, 150), want('medium', 512, 5, 400), want('large', 1024, 5, 490)];

/** The requests in this order: all arrive at 0, and where arrivals are equal, ids decide. */
function traceOf(order: readonly number[]): Trace {
  const inOrder = order.map((index, position) => ({ ...requests[index]!, id: `${position} ${requests[index]!.id}` }));
  return { schemaVersion: 1, requests: inOrder };
}

/** The requests that are on time if they come in this order. */
function onTime(policy: Policy, order: readonly number[]): string[] {
  const { records } = simulate({ trace: traceOf(order), profile, cluster, policy, switchMs: 0 });
  return records.flatMap((record) => (record.onTime ? record.requestId.slice(2) : [])).sort();
}

const orders = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];

describe('three requests, five steps each', () => {
  test.each([1, 2, 4])('no order lets a fixed degree of %s meet all three deadlines', (degree) => {
    expect(orders.map((order) => onTime(fixedDegree(degree), order).length)).not.toContain(3);
  });

  test.each(orders.map((order) => [order]))('step-level degrees meet all three, in the order %j', (order) => {
    const policy = tetriserve({ roundMs: 100, queueingRounds: 0 });
    expect(onTime(policy, order)).toEqual(['large', 'medium', 'small']);
  });

  test('with rounds of five steps too, if no queueing is reckoned with', () => {
    expect(onTime(tetriserve({ queueingRounds: 0 }), [0, 1, 2])).toEqual(['large', 'medium', 'small']);
  });

  test('a degree for each size is not enough', () => {
    expect(orders.map((order) => onTime(perShape(), order).length)).not.toContain(3);
  });

  test('nobody is lost on the way', () => {
    for (const policy of [edf(), srpt(), perShape(), tetriserve()]) {
      const { records } = simulate({ trace: traceOf([0, 1, 2]), profile, cluster, policy, switchMs: 0 });
      expect(records.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed']);
    }
  });
});
