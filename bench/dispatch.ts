import { quantileSorted } from 'd3-array';
import { builtinProfile, createCluster, createPolicy } from '@tetri/scheduler';
import type { Backend } from '@tetri/scheduler/backends';
import { createScheduler } from '@tetri/scheduler/scheduler';

const activeRequests = 64;
const gpuCount = 8;
const shapes = ['256x256', '512x512', '1024x1024', '2048x2048'];

/** A backend that does nothing, at once, and takes the time between the end of a chunk and the start of the next one. */
function instantBackend(onDispatch: (ms: number) => void): Backend<undefined, undefined> {
  let endedMs: number | undefined;
  return {
    specificationVersion: 'v1',
    name: 'instant',
    capabilities: {
      ...{ maxBatchSize: 1, reportsSteps: false, abortsChunks: false },
      ...{ keepsStateOnFailure: true, losesGpus: false, reopens: false },
    },
    open: () => Promise.resolve({ cluster: createCluster(gpuCount) }),
    prepare: () => Promise.resolve(),
    async run({ steps }) {
      if (endedMs !== undefined) onDispatch(performance.now() - endedMs);
      // Not in the same breath: the event loop has other things to do in between.
      await new Promise((resolve) => setImmediate(resolve));
      endedMs = performance.now();
      return { steps };
    },
    finish: () => Promise.resolve(undefined),
    release: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/** What the live scheduler adds between the end of a chunk and the start of the next one, with so many requests active. */
export async function benchDispatch(): Promise<void> {
  console.log(
    `\nfrom the end of a chunk to the start of the next, ${activeRequests} active requests, ${gpuCount} GPUs\n`,
  );
  console.log('| policy | dispatches | p50 us | p99 us | max us |\n|---|---|---|---|---|');
  for (const name of ['horizon', 'tetriserve', 'edf']) {
    const delaysUs: number[] = [];
    let isWarm = false;
    const backend = instantBackend((ms) => {
      if (isWarm) delaysUs.push(ms * 1000);
    });
    const profile = builtinProfile('flux.1-dev_h100');
    await using scheduler = await createScheduler({ backend, profile, policy: createPolicy(name), correction: false });
    let submitted = 0;
    // A finished request is replaced at once, so that their number stays the same.
    const submit = (): void => {
      const shape = shapes[submitted % shapes.length]!;
      const deadlineMs = scheduler.nowMs() + 1000 + 200 * (submitted % 40);
      const { outcome } = scheduler.submit({ id: `r${submitted++}`, shape, steps: 28, deadlineMs });
      void outcome.then(({ status }) => {
        if (status === 'completed') submit();
      });
    };
    while (submitted < activeRequests) submit();
    await new Promise((resolve) => setTimeout(resolve, 2000));
    isWarm = true;
    await new Promise((resolve) => setTimeout(resolve, 5000));
    isWarm = false;
    delaysUs.sort((a, b) => a - b);
    const at = (share: number): string => quantileSorted(delaysUs, share)!.toFixed(0);
    console.log(`| ${name} | ${delaysUs.length} | ${at(0.5)} | ${at(0.99)} | ${at(1)} |`);
  }
}
