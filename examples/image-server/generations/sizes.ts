import { parseShapeId, TetriError, type Profile } from '@tetri/scheduler';
import { ApiError } from '../api-error.js';

/** Which sizes a server makes, and how fast at best. */
export interface Sizes {
  /** Those that were measured; what lies between them is made as well, in steps of 16 pixels. */
  readonly measured: readonly string[];
  /** The shape of a `size`; that of `auto` or none is the default. */
  read(size: string | undefined): string;
  /** The shortest time from arrival to picture with all GPUs at hand, in ms; `Infinity` if no degree fits them. */
  fastestMs(shape: string): number;
  /** The least GPU time of a picture, at the degree that takes least, in ms. */
  leastGpuTimeMs(shape: string): number;
  /** The shortest time to the picture from a moment on, in ms. */
  restMs(shape: string, done: { readonly isEncoded: boolean; readonly stepsDone: number }): number;
}

/**
 * @param steps - of each request
 * @param gpus - GPUs of the largest domain: higher degrees cannot be had
 */
export function createSizes(profile: Profile, steps: number, gpus: number): Sizes {
  const restMs: Sizes['restMs'] = (shape, { isEncoded, stepsDone }) => {
    const { degrees, stepMs, encodeMs, decodeMs } = profile.shape(shape);
    const minStepMs = Math.min(...stepMs.filter((_, at) => degrees[at]! <= gpus));
    return (isEncoded ? 0 : encodeMs) + (stepsDone < steps ? (steps - stepsDone) * minStepMs : 0) + decodeMs;
  };
  const fastestMs = (shape: string): number => restMs(shape, { isEncoded: false, stepsDone: 0 });
  const leastGpuTimeMs = (shape: string): number => {
    const { degrees, stepMs, encodeMs, decodeMs } = profile.shape(shape);
    const perStep = stepMs.map((ms, at) => degrees[at]! * ms).filter((_, at) => degrees[at]! <= gpus);
    return encodeMs + steps * Math.min(...perStep) + decodeMs;
  };
  const measured = profile.shapes.filter(({ frames }) => frames === 1).map(({ id }) => id);
  if (measured.length === 0) throw new Error(`the profile of ${profile.model} has no sizes of images`);
  const usual = measured.includes('1024x1024') ? '1024x1024' : measured.at(-1)!;

  const refuse = (): never => {
    const message = `'size' must be one of ${measured.join(', ')}, something between them in steps of 16 pixels, or auto`;
    throw new ApiError(400, 'invalid_size', message, 'size');
  };
  return {
    measured,
    fastestMs,
    leastGpuTimeMs,
    restMs,
    read(size) {
      if (size === undefined || size === 'auto') return usual;
      try {
        const { width, height, frames } = parseShapeId(size);
        if (frames !== 1 || width % 16 > 0 || height % 16 > 0 || fastestMs(size) === Infinity) return refuse();
        return size;
      } catch (error) {
        if (TetriError.isInstance(error)) return refuse();
        throw error;
      }
    },
  };
}
