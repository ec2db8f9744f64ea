import { builtinProfile, parseProfile, type Profile } from '@tetri/scheduler';
import { batchStepMsAt, stepMsAt } from '../../../src/profile/index.js';

export const shapes = ['256x256', '512x512', '1024x1024', '2048x2048'] as const;

/** FLUX on H100s, with encoding, decoding and batches of small images, so that all of these take part. */
export function soakProfile(): Profile {
  const flux = builtinProfile('flux.1-dev_h100');
  return parseProfile({
    ...{ schemaVersion: 1, model: flux.model, accelerator: flux.accelerator, source: flux.source },
    degrees: flux.degrees,
    shapes: shapes.map((id) => {
      const times = flux.shape(id);
      const side = Number.parseInt(id);
      const at = (factor: number, degrees: readonly number[]): Record<string, number> =>
        Object.fromEntries(degrees.map((degree) => [degree, factor * stepMsAt(times, degree)]));
      return {
        ...{ id, width: side, height: side, frames: 1, stepCv: 0.02 },
        stepMs: at(1, times.degrees),
        encodeMs: 15,
        decodeMs: side / 16,
        batchStepMs: side <= 512 ? { 2: at(1.4, [1, 2]), 3: at(1.8, [1, 2]) } : {},
      };
    }),
  });
}

/** What a request costs at the least, in GPU ms; the batches apart. */
export function leastGpuMs(profile: Profile, shape: string, steps: number): number {
  const times = profile.shape(shape);
  const stepMs = Math.min(...times.degrees.map((degree) => degree * (batchStepMsAt(times, 1, degree) as number)));
  return times.encodeMs + steps * stepMs + times.decodeMs;
}
