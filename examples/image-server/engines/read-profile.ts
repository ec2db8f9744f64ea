import { readFile } from 'node:fs/promises';
import {
  builtinProfileNames,
  builtinStepProfile,
  parseProfile,
  type Profile,
  type StepProfile,
} from '@tetri/scheduler';

/**
 * The profile of a built-in name or of a JSON file.
 *
 * @param speed - how many times faster everything is than the profile says; for simulated GPUs only
 */
export async function readProfile(nameOrFile: string, speed = 1): Promise<Profile> {
  const profile = (builtinProfileNames as readonly string[]).includes(nameOrFile)
    ? builtinStepProfile(nameOrFile)
    : (JSON.parse(await readFile(nameOrFile, 'utf8')) as StepProfile);
  return parseProfile(speed === 1 ? profile : spedUp(profile, speed));
}

function spedUp(profile: StepProfile, speed: number): StepProfile {
  const faster = (byDegree: Readonly<Record<string, number>>): Record<string, number> =>
    Object.fromEntries(Object.entries(byDegree).map(([degree, ms]) => [degree, ms / speed]));
  return {
    ...profile,
    shapes: profile.shapes.map(({ stepMs, batchStepMs = {}, encodeMs = 0, decodeMs = 0, ...shape }) => ({
      ...shape,
      stepMs: faster(stepMs),
      batchStepMs: Object.fromEntries(Object.entries(batchStepMs).map(([size, byDegree]) => [size, faster(byDegree)])),
      encodeMs: encodeMs / speed,
      decodeMs: decodeMs / speed,
    })),
  };
}
