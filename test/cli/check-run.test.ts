import { expect, test } from 'vitest';
import { checkRun } from '../../src/cli/simulate/check-run.js';
import { PolicyError, runPolicy } from '../../src/cli/simulate/run-policy.js';
import { createCluster } from '../../src/model/index.js';
import { createPolicy, tetriserve } from '../../src/policies/index.js';
import { builtinProfile } from '../../src/profile/index.js';
import { createWorkload, paperSlo, poissonArrivals, uniformMix } from '../../src/simulation/index.js';

const profile = builtinProfile('flux.1-dev_h100');
const setup = {
  trace: createWorkload({
    ...{ profile, requests: 10, steps: 10, seed: 1, arrivals: poissonArrivals(12) },
    ...{ mix: uniformMix(['256x256', '1024x1024']), slo: paperSlo() },
  }),
  profile,
  cluster: createCluster(8),
  stepNoise: 0,
};

test('a good run has no problems', () => {
  expect(runPolicy(createPolicy('edf'), setup).problems).toEqual([]);
});

test('a log that breaks a rule is a problem, told in one line', () => {
  const { run, summary } = runPolicy(createPolicy('fixed-1'), setup);
  const log = run.log.map((chunk, index) => (index < 3 ? { ...chunk, steps: chunk.steps - 1 } : chunk));
  const [line, ...more] = checkRun({ ...run, log }, summary, setup);
  expect(line).toMatch(/^fixed-1: (line \d+ of the run log, )?request r\d+, [a-z-]+: .* \(and \d+ more violations\)$/);
  expect(more.length).toBeLessThanOrEqual(1);
});

test('an attainment that the log does not give is a problem', () => {
  const { run, summary } = runPolicy(createPolicy('edf'), setup);
  const lines = checkRun(run, { ...summary, onTime: summary.onTime - 1 }, setup);
  const expected = `${summary.onTime - 1} requests on time were reported, by the run log it is ${summary.onTime}`;
  expect(lines).toEqual([`edf: ${expected}`]);
});

test('a policy that breaks a rule is blamed', () => {
  const honest = tetriserve();
  const broken = {
    ...honest,
    plan: (input: Parameters<typeof honest.plan>[0]) => ({ ...honest.plan(input), startMs: input.nowMs - 1 }),
  };
  expect(() => runPolicy(broken, setup)).toThrow(PolicyError);
  expect(() => runPolicy(broken, setup)).toThrow(/^tetriserve: invalid-plan: startMs: /);
});
