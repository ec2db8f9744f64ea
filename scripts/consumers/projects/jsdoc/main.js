// @ts-check
/** Plain JavaScript whose comments have types. @import { Policy, RoundInput, RoundPlan } from '@tetri/scheduler' */
import { builtinProfile, createCluster, createPolicy, planRound, policyNames } from '@tetri/scheduler';

/** @type {RoundInput} */
const input = {
  nowMs: 0,
  profile: builtinProfile('flux.1-dev_h100'),
  gpus: createCluster(8).gpus,
  requests: [{ id: 'photo', shape: '1024x1024', steps: 28, arrivalMs: 0, deadlineMs: 3000 }],
};

/** @param {Policy} policy @returns {RoundPlan} */
function planBy(policy) {
  return planRound(input, policy);
}

for (const name of policyNames) {
  const [outcome] = planBy(createPolicy(name)).outcomes;
  if (outcome?.status !== 'running') throw new Error(`${name}: expected a running request`);
}
console.log('jsdoc: ok');
