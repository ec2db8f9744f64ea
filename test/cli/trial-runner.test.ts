import { describe, expect, test } from 'vitest';
import { createTrialRunner } from '../../src/cli/capacity/trial-runner.js';
import { builtinProfile, builtinStepProfile } from '../../src/profile/index.js';
import { constantArrivals, createWorkload, paperSlo, uniformMix } from '../../src/simulation/index.js';

const profile = builtinProfile('flux.1-dev_h100');
const profileText = JSON.stringify(builtinStepProfile('flux.1-dev_h100'));
const trial = {
  ...{ policy: 'edf', gpus: 4, domainSize: 4 },
  trace: createWorkload({
    ...{ profile, requests: 3, steps: 2, seed: 1, arrivals: constantArrivals(60), slo: paperSlo() },
    mix: uniformMix(['256x256']),
  }),
};

describe.each([1, 2])('with %i at a time', (jobs) => {
  test('a trial is run', async () => {
    const runner = await createTrialRunner(jobs, profile, profileText);
    expect(await runner.run(trial)).toMatchObject({ requests: 3, onTime: 3, sloAttainment: 1 });
    await runner.close();
  }, 30_000);

  test('what fails is a failure with its reason', async () => {
    const runner = await createTrialRunner(jobs, profile, profileText);
    await expect(runner.run({ ...trial, policy: 'none' })).rejects.toThrow('no policy "none"');
    await runner.close();
  }, 30_000);

  test('what is left when it is closed is given up', async () => {
    const runner = await createTrialRunner(jobs, profile, profileText);
    const left = Promise.allSettled(Array.from({ length: 50 }, () => runner.run(trial)));
    await runner.close();
    expect((await left).filter(({ status }) => status === 'rejected').length).toBeGreaterThan(40);
  }, 30_000);
});
