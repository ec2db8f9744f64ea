import type { Backend } from '../../src/backends/index.js';
import {
  createSimulatedBackend,
  type SimulatedBackend,
  type SimulatedBackendOptions,
} from '../../src/backends/simulated/index.js';
import { measureProfile, type MeasurePlan, type MeasureTools } from '../../src/measure/index.js';
import { createCluster } from '../../src/model/index.js';
import type { StepProfile } from '../../src/profile/index.js';
import { createVirtualClock, type VirtualClock } from '../../src/simulation/index.js';

/** What became of a measurement. */
export interface Measured {
  readonly profile: StepProfile | undefined;
  readonly error: unknown;
  readonly remarks: readonly string[];
  readonly progress: readonly number[];
  readonly backend: SimulatedBackend;
  readonly clock: VirtualClock;
}

/** How a measurement is set up. */
export interface Setup extends Omit<SimulatedBackendOptions, 'clock' | 'cluster'> {
  readonly plan: Partial<MeasurePlan> & Pick<MeasurePlan, 'shapes' | 'degrees'>;
  /** Default: four GPUs of one domain. */
  readonly cluster?: SimulatedBackendOptions['cluster'];
  /** Default: nothing more. */
  readonly tools?: Partial<MeasureTools<unknown>>;
  /** What is measured in place of the backend itself. */
  readonly wrap?: (backend: SimulatedBackend) => Backend;
  /** Called when the backend is open. */
  readonly before?: (backend: SimulatedBackend, clock: VirtualClock) => void;
}

/** Measures a simulated backend on virtual time. It stays open. */
export async function measure(setup: Setup): Promise<Measured> {
  const { plan, tools, wrap = (backend) => backend, before, cluster = createCluster(4), ...options } = setup;
  const clock = createVirtualClock();
  const backend = createSimulatedBackend({ ...options, cluster, clock });
  const remarks: string[] = [];
  const progress: number[] = [];
  await backend.open(() => undefined);
  before?.(backend, clock);
  let isOver = false;
  const result = measureProfile(
    wrap(backend),
    cluster,
    { model: 'toy', accelerator: 'none', ...plan },
    {
      ...{ clock, payload: (index: number) => index },
      onRemark: (line) => remarks.push(line),
      onProgress: (share) => progress.push(share),
      ...tools,
    },
  )
    .then((profile) => ({ profile, error: undefined }))
    .catch((error: unknown) => ({ profile: undefined, error }))
    .finally(() => (isOver = true));
  await clock.advanceUntil(() => isOver);
  return { ...(await result), remarks, progress, backend, clock };
}
