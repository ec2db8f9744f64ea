import { expect, test } from 'vitest';
import { gpusFor } from '../../examples/capacity-planning.js';
import { edf } from '../../src/policies/index.js';
import { gpuCountsUpTo } from '../../src/simulation/index.js';

test('examples/capacity-planning.ts finds more GPUs for more requests', async () => {
  const counts = await Promise.all([2, 60].map((rate) => gpusFor(rate, edf())));
  for (const count of counts) expect(gpuCountsUpTo(64, 8)).toContain(count);
  expect(counts[1]).toBeGreaterThan(counts[0]!);
}, 30_000);
