import { builtinProfile, createCluster, type Cluster, type RequestState, type RoundInput } from '@tetri/scheduler';
import { randomStreams } from '../src/simulation/random.js';

/** One GPU count with one number of active requests. */
export interface Size {
  readonly gpus: number;
  readonly requests: number;
}

/** The sizes that every planner is measured at. */
export const sizes: readonly Size[] = [
  { gpus: 8, requests: 32 },
  { gpus: 64, requests: 256 },
  { gpus: 1024, requests: 4096 },
];

const baseSloMs = { '256x256': 1500, '512x512': 2000, '1024x1024': 3000, '2048x2048': 5000 } as const;
const shapes = Object.keys(baseSloMs) as (keyof typeof baseSloMs)[];

/**
 * A round in the middle of a busy day: requests of the paper's shapes at every stage of progress, most of them with a deadline
 * that can still be met, in domains of eight GPUs.
 */
export function busyRound({ gpus, requests }: Size, seed: number): RoundInput {
  const profile = builtinProfile('flux.1-dev_h100');
  const cluster: Cluster = createCluster(gpus, 8);
  const random = randomStreams(seed)('bench');
  const nowMs = 100_000;
  const pick = (below: number): number => Math.floor(random() * below);
  const states = Array.from({ length: requests }, (_, index): RequestState => {
    const shape = shapes[pick(shapes.length)] as keyof typeof baseSloMs;
    const steps = 28;
    const stepsDone = pick(steps);
    const restMs = (steps - stepsDone) * profile.shape(shape).minStepMs;
    const deadlineMs = nowMs + restMs * (0.9 + random() * 2.5);
    return { id: `r${index}`, shape, steps, stepsDone, arrivalMs: nowMs - random() * 1000, deadlineMs };
  });
  return { nowMs, requests: states, gpus: cluster.gpus, profile };
}
