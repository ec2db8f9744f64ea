import { describe, expect, it } from 'vitest';
import { createCluster } from '../../src/model/index.js';
import { createPolicy } from '../../src/policies/index.js';
import { builtinProfile } from '../../src/profile/index.js';
import { createSimulatedBackend } from '../../src/backends/simulated/index.js';
import { createScheduler, type SchedulerCommand, type SchedulerCore } from '../../src/scheduler/index.js';
import {
  createVirtualClock,
  createWorkload,
  paperSlo,
  poissonArrivals,
  uniformMix,
} from '../../src/simulation/index.js';
import { coreOn, failed, runIn, submit } from './tools.js';

type Run = SchedulerCommand & { type: 'run' };

/** Serves a queue of requests; each chunk takes what `slowdown` says of the slowest of its GPUs. */
function serve(
  core: SchedulerCore,
  slowdown: (gpu: number) => number,
  requests: number,
  stepMs: (degree: number) => number,
): Run[] {
  const runs: Run[] = [];
  const ends: { atMs: number; run: Run; durationMs: number }[] = [];
  let nowMs = 0;
  const carryOut = (commands: readonly SchedulerCommand[]): void => {
    for (const command of commands) {
      if (command.type === 'finish')
        carryOut(core.handle({ type: 'finished', atMs: nowMs, requestId: command.requestId }));
      if (command.type !== 'run') continue;
      runs.push(command);
      const durationMs = command.steps * stepMs(command.degree) * Math.max(...command.gpus.map(slowdown));
      ends.push({ atMs: nowMs + durationMs, run: command, durationMs });
    }
  };
  for (let index = 0; index < requests; index++) carryOut(core.handle(submit(`r${index}`, 0, { deadlineMs: 1e6 })));
  while (ends.length > 0) {
    ends.sort((a, b) => a.atMs - b.atMs);
    const { atMs, run, durationMs } = ends.shift()!;
    nowMs = atMs;
    carryOut(core.handle({ type: 'chunk-done', atMs, chunkId: run.chunkId, steps: run.steps, durationMs }));
  }
  return runs;
}

const statesOf = (core: SchedulerCore, atMs: number): string[] => core.status(atMs).gpus.map(({ state }) => state);

describe('a GPU that is slower than the others', () => {
  it('is left out once three chunks of its own said so', () => {
    const core = coreOn(4);
    const runs = serve(
      core,
      (gpu) => (gpu === 2 ? 2 : 1),
      40,
      () => 10,
    );
    expect(runs.filter(({ gpus }) => gpus.includes(2))).toHaveLength(3);
    expect(core.status(0).gpus.map(({ state }) => state)).toEqual(['idle', 'idle', 'excluded', 'idle']);
  });

  it('is used all the same if that is asked for', () => {
    const core = coreOn(4, { exclusion: false });
    const runs = serve(
      core,
      (gpu) => (gpu === 2 ? 2 : 1),
      40,
      () => 10,
    );
    expect(runs.filter(({ gpus }) => gpus.includes(2)).length).toBeGreaterThan(4);
    expect(core.status(0).gpus[2]).toMatchObject({ state: 'idle' });
  });

  it('is not, if it is slower by little', () => {
    const core = coreOn(4);
    serve(
      core,
      (gpu) => (gpu === 2 ? 1.4 : 1),
      40,
      () => 10,
    );
    expect(statesOf(core, 0)).toEqual(['idle', 'idle', 'idle', 'idle']);
    expect(core.status(0).gpus[2]!.slowdown).toBeCloseTo(1.4, 0.5);
  });

  it('is not, if all are slow alike: then the profile is wrong, and corrected', () => {
    const core = coreOn(4);
    serve(
      core,
      () => 3,
      40,
      () => 10,
    );
    expect(statesOf(core, 0)).toEqual(['idle', 'idle', 'idle', 'idle']);
    expect(core.status(0).drift).toMatchObject([{ shape: '64x64', degree: 1, factor: 3, applied: 3 }]);
  });

  it('is found among the members of its groups, which are not left out for it', () => {
    const core = coreOn(4, { policy: createPolicy('fixed-2') });
    const runs = serve(
      core,
      (gpu) => (gpu === 2 ? 2 : 1),
      60,
      (degree) => (degree === 2 ? 6 : 10),
    );
    // Its neighbour is under suspicion with it; both are used alone then, if the policy can.
    expect(runs.filter(({ gpus }) => gpus.includes(2)).length).toBeLessThanOrEqual(4);
    expect(statesOf(core, 0).slice(0, 2)).toEqual(['idle', 'idle']);
  });

  it('is tried again after a while, alone, and trusted again when it is as fast as the others', () => {
    const core = coreOn(2);
    serve(
      core,
      (gpu) => (gpu === 1 ? 2 : 1),
      20,
      () => 10,
    );
    expect(statesOf(core, 0)).toEqual(['idle', 'excluded']);
    const later = 100_000;
    expect(runIn(core.handle(submit('a', later))).gpus).toEqual([0]);
    const { chunkId, gpus } = runIn(core.handle(submit('b', later)));
    expect(gpus).toEqual([1]);
    core.handle({ type: 'chunk-done', atMs: later + 40, chunkId, steps: 4, durationMs: 40 });
    expect(statesOf(core, later + 40)).toEqual(['busy', 'idle']);
  });

  it('that is still slow then is left out at once, for twice as long', () => {
    const core = coreOn(2);
    serve(
      core,
      (gpu) => (gpu === 1 ? 2 : 1),
      20,
      () => 10,
    );
    core.handle(submit('a', 100_000));
    const { chunkId } = runIn(core.handle(submit('b', 100_000)));
    core.handle({ type: 'chunk-done', atMs: 100_080, chunkId, steps: 4, durationMs: 80 });
    core.handle({ type: 'time', atMs: 160_000 });
    expect(statesOf(core, 160_000)[1]).toBe('excluded');
    core.handle({ type: 'time', atMs: 160_081 });
    expect(statesOf(core, 160_081)[1]).toBe('idle');
  });

  it('is used all the same where a request cannot do without it', () => {
    const core = coreOn(4, { policy: createPolicy('edf') });
    serve(
      core,
      (gpu) => (gpu === 2 ? 2 : 1),
      40,
      (degree) => (degree === 2 ? 6 : 10),
    );
    // `256x256` runs on four GPUs only.
    expect(runIn(core.handle(submit('wide', 1e5, { shape: '256x256', deadlineMs: 1e6 }))).gpus).toEqual([0, 1, 2, 3]);
  });
});

describe('a GPU on which chunks fail', () => {
  it('is left out after three of different requests in a row', () => {
    const core = coreOn(2);
    core.handle([1, 2, 3, 4, 5].map((index) => submit(`r${index}`)));
    let chunkId = 1;
    for (let round = 0; round < 30 && statesOf(core, round)[0] !== 'excluded'; round++) {
      const next = core.handle(failed(chunkId, round)).find((command) => command.type === 'run');
      if (next === undefined) break;
      chunkId = (next as Run).chunkId;
    }
    expect(statesOf(core, 30)).toEqual(['excluded', 'busy']);
  });

  it('is not, for one request that fails everywhere', () => {
    const core = coreOn(1, { maxFailures: 10 });
    core.handle(submit('a'));
    for (let chunkId = 1; chunkId < 10; chunkId++) core.handle(failed(chunkId, chunkId));
    expect(statesOf(core, 10)).toEqual(['busy']);
  });
});

describe('a slow GPU in a cluster of eight', { timeout: 60_000 }, () => {
  const profile = builtinProfile('flux.1-dev_h100');

  async function attainment(slowdown: number, gpuCount = 8): Promise<number> {
    const clock = createVirtualClock();
    const backend = createSimulatedBackend({ profile, cluster: createCluster(gpuCount), clock });
    const scheduler = await createScheduler({ backend, profile, clock });
    backend.faults.slowGpu(3, slowdown);
    const { requests } = createWorkload({
      ...{ profile, requests: 150, steps: 28, seed: 1, arrivals: poissonArrivals(12) },
      ...{ mix: uniformMix(profile.shapes.map(({ id }) => id)), slo: paperSlo(1.5) },
    });
    let onTime = 0;
    for (const request of requests) {
      clock.schedule(request.arrivalMs, () => {
        void scheduler.submit(request).outcome.then((end) => {
          if (end.status === 'completed' && end.onTime) onTime++;
        });
      });
    }
    await clock.advance(requests.at(-1)!.arrivalMs + 60_000);
    const closed = scheduler.close();
    await clock.advance(1);
    await closed;
    return onTime / requests.length;
  }

  it('costs about what its loss would cost, not every deadline', async () => {
    const without = await attainment(1, 7);
    expect(await attainment(1)).toBeGreaterThan(without);
    // Until it is found out it spoils some.
    expect(await attainment(2)).toBeGreaterThan(without - 0.05);
    expect(await attainment(10)).toBeGreaterThan(without - 0.1);
  });
});
