/**
 * A scheduler that serves requests: submit, follow, cancel, ask for a quote. The GPUs are simulated, in real time; yours would be a
 * backend of your own (examples/custom-backend.ts) or a reference backend.
 */
import { builtinProfile, createCluster } from '@tetri/scheduler';
import { createSimulatedBackend } from '@tetri/scheduler/backends/simulated';
import { createScheduler } from '@tetri/scheduler/scheduler';

const profile = builtinProfile('flux.1-dev_h100');
const backend = createSimulatedBackend({ profile, cluster: createCluster(8) });
const scheduler = await createScheduler({ backend, profile });

const photo = scheduler.submit(
  { id: 'photo', shape: '1024x1024', steps: 8, deadlineMs: scheduler.nowMs() + 1000 },
  { payload: { prompt: 'a lighthouse at dusk', seed: 7 } },
);
const icon = scheduler.submit({ id: 'icon', shape: '256x256', steps: 8, deadlineMs: scheduler.nowMs() + 1000 });
const regret = scheduler.submit({ id: 'regret', shape: '2048x2048', steps: 28, deadlineMs: scheduler.nowMs() + 5000 });

const quote = scheduler.quote({ id: 'mural', shape: '2048x2048', steps: 28, deadlineMs: scheduler.nowMs() + 2000 });
console.log(`mural within 2 s: ${quote.canMeetDeadline ? 'yes' : 'no'}`);

for await (const progress of photo.progress) {
  if (progress.status === 'running' && progress.stepsDone % 4 === 0)
    console.log(`photo: step ${progress.stepsDone} of ${progress.steps} at degree ${progress.degree}`);
}
console.log('photo:', await photo.result);
console.log('icon:', (await icon.outcome).status);
console.log('regret:', (await regret.cancel()).status);

await scheduler.close();
