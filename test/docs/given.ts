/** What code blocks of the guides use without declaring it, by the names in `<!-- given: ... -->`. Fresh for each block. */
import {
  builtinProfile,
  builtinStepProfile,
  createCluster,
  type Cluster,
  type Profile,
  type RoundInput,
} from '@tetri/scheduler';
import { createSimulatedBackend, type SimulatedBackend } from '@tetri/scheduler/backends/simulated';
import { createScheduler, type RequestOutcome } from '@tetri/scheduler/scheduler';
import {
  createWorkload,
  formatTrace,
  paperSlo,
  poissonArrivals,
  uniformMix,
  type Trace,
} from '@tetri/scheduler/simulation';

/** What there is, each made when it is asked for. */
export interface Given {
  readonly profile: Profile;
  readonly cluster: Cluster;
  readonly backend: SimulatedBackend;
  readonly signal: AbortSignal;
  readonly input: RoundInput;
  readonly trace: Trace;
  readonly store: { put(id: string, artifact: unknown): Promise<void> };
  readonly notify: (outcome: RequestOutcome<unknown>) => Promise<void>;
  readonly createScheduler: typeof createScheduler;
}

export function given(): Given {
  const profile = builtinProfile('flux.1-dev_h100');
  const cluster = createCluster(8);
  return {
    profile,
    cluster,
    backend: createSimulatedBackend({ profile, cluster }),
    signal: new AbortController().signal,
    input: {
      nowMs: 0,
      profile,
      gpus: cluster.gpus,
      requests: [{ id: 'r1', shape: '1024x1024', steps: 28, arrivalMs: 0, deadlineMs: 3000 }],
    },
    trace: smallTrace(profile),
    store: { put: () => Promise.resolve() },
    notify: () => Promise.resolve(),
    createScheduler,
  };
}

/** The files that commands of the guides read, by name. */
export const givenFiles: Readonly<Record<string, () => string>> = {
  'my-profile.json': () => JSON.stringify(builtinStepProfile('flux.1-dev_h100')),
  'my-trace.json': () => formatTrace(smallTrace(builtinProfile('flux.1-dev_h100'))),
};

function smallTrace(profile: Profile): Trace {
  return createWorkload({
    ...{ profile, requests: 20, steps: 10, seed: 1, arrivals: poissonArrivals(24) },
    ...{ mix: uniformMix(['256x256', '1024x1024']), slo: paperSlo() },
  });
}
