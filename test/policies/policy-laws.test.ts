import { describe, expect, test } from 'vitest';
import { createPolicy, policyNames, tetriserve, type TetriserveOptions } from '../../src/policies/index.js';
import { policyLaws } from '../../src/testing/index.js';

const seed = Number(process.env['FC_SEED']) % 1_000_000;
const runs = Math.ceil(Number(process.env['FC_RUNS'] ?? 100) / 4);

// The titles of the laws name the policy; the assertions are in them.
describe.each(policyNames)('%s keeps the laws:', (name) => {
  policyLaws({ test, policy: createPolicy(name), runs, seed });
});

const options: readonly TetriserveOptions[] = [
  { placement: false },
  { scaleUp: false },
  { batching: false },
  { placement: false, scaleUp: false, batching: false },
  { stepGranularity: 1 },
  { stepGranularity: 20 },
  { queueingRounds: 0 },
  { queueingRounds: 2.5 },
];

describe.each(options.map((each) => [JSON.stringify(each), each] as const))('with %s', (_, each) => {
  policyLaws({ test, policy: tetriserve(each), runs, seed });
});

describe('with rounds of 120 ms', () => {
  const scaled = (factor: number): ReturnType<typeof tetriserve> => tetriserve({ roundMs: 120 * factor });
  policyLaws({ test, policy: scaled(1), scaled, runs, seed });
});

test('a name that is none is refused', () => {
  for (const name of ['', 'tetri', 'toString', '__proto__']) {
    expect(() => createPolicy(name)).toThrow(
      expect.objectContaining({ code: 'unknown-policy', received: name }) as Error,
    );
  }
  expect(policyNames.map((name) => createPolicy(name).name)).toEqual(policyNames);
});
