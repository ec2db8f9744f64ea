import { positive, whole } from '../../model/check.js';
import type { Profile } from '../../profile/index.js';
import type { Mix } from './mix.js';

/** What is offered, and to how many GPUs. */
export interface LoadOptions {
  /** GPU time asked for over GPU time there is; above 0. Above 1 the GPUs cannot keep up, whatever the policy. */
  readonly load: number;
  /** GPUs of the cluster, at least 1. */
  readonly gpus: number;
  /** What steps, encoding and decoding cost. */
  readonly profile: Profile;
  /** Of a mix that drifts, the one halfway counts. */
  readonly mix: Mix;
  /** Denoising steps a request, at least 1. */
  readonly steps: number;
}

/**
 * The rate at which a workload keeps the GPUs busy to a given share, if every step ran at its cheapest degree; encoding and
 * decoding count as well. Makes loads comparable across models and accelerators.
 *
 * @returns requests a minute
 * @throws `TetriError` `invalid-type`, `out-of-range`, `unknown-shape` if the profile does not cover a shape of the mix
 */
export function rateForLoad({ load, gpus, profile, mix, steps }: LoadOptions): number {
  positive(load, 'load');
  whole(gpus, 'gpus', 1);
  whole(steps, 'steps', 1);
  let gpuMsPerRequest = 0;
  for (const { shape, share } of mix(0.5)) {
    const { encodeMs, stepGpuMs, cheapest, decodeMs } = profile.shape(shape, 'mix');
    gpuMsPerRequest += share * (encodeMs + steps * stepGpuMs[cheapest]! + decodeMs);
  }
  return (load * gpus * 60_000) / gpuMsPerRequest;
}
