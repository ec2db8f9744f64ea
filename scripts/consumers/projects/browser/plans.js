/** What every policy plans for the same situation, as text: to be compared between a browser and Node. */
import { builtinProfile, createCluster, createPolicy, planRound, policyNames } from '@tetri/scheduler';

export function plansAsText() {
  const input = {
    nowMs: 1000,
    profile: builtinProfile('flux.1-dev_h100'),
    gpus: createCluster(8).gpus,
    requests: [
      { id: 'poster', shape: '2048x2048', steps: 28, arrivalMs: 900, deadlineMs: 5900 },
      { id: 'photo', shape: '1024x1024', steps: 28, stepsDone: 9, lastGpus: [2, 3], arrivalMs: 0, deadlineMs: 3000 },
      { id: 'icon', shape: '256x256', steps: 28, arrivalMs: 0, deadlineMs: 2000 },
    ],
  };
  return JSON.stringify(policyNames.map((name) => planRound(input, createPolicy(name))));
}
