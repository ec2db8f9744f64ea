import { builtinProfile, createCluster, planRound } from '@tetri/scheduler';

const plan = planRound({
  nowMs: 1000,
  profile: builtinProfile('flux.1-dev_h100'),
  gpus: createCluster(8).gpus,
  requests: [
    { id: 'poster', shape: '2048x2048', steps: 28, arrivalMs: 900, deadlineMs: 5900 },
    { id: 'photo', shape: '1024x1024', steps: 28, stepsDone: 9, lastGpus: [2, 3], arrivalMs: 0, deadlineMs: 3000 },
  ],
});
for (const { requestIds, gpus, steps, endMs } of plan.assignments)
  console.log(`${requestIds.join()} on GPUs ${gpus.join()}: ${steps} steps, until ${endMs.toFixed()} ms`);
for (const { requestId, status, reason } of plan.outcomes) console.log(`${requestId} is ${status}: ${reason}`);
