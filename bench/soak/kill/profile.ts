import { parseProfile, type Profile } from '@tetri/scheduler';

export const smallShape = '64x64';
export const largeShape = '256x256';

const small = { id: smallShape, width: 64, height: 64, frames: 1, encodeMs: 1, decodeMs: 1 };
const large = { id: largeShape, width: 256, height: 256, frames: 1, encodeMs: 2, decodeMs: 3 };

/** Steps of a few milliseconds. Without the large shape, nobody knows what that would take. */
export function fastProfile(knowsLarge: boolean): Profile {
  return parseProfile({
    ...{ schemaVersion: 1, model: 'fast', accelerator: 'none', source: { kind: 'estimated' }, degrees: [1, 2, 4] },
    shapes: [
      { ...small, stepMs: { 1: 3, 2: 2 }, batchStepMs: { 2: { 1: 4, 2: 3 } } },
      ...(knowsLarge ? [{ ...large, stepMs: { 1: 6, 2: 3.5, 4: 2 } }] : []),
    ],
  });
}
