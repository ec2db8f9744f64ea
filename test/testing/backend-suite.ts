import { backendConformance, type BackendConformanceOptions } from '../../src/testing/index.js';
import { createFaultyBackend, fullCapabilities, type Payload } from './faulty-backend/index.js';

export type Options = Omit<BackendConformanceOptions<Payload, string>, 'test'>;

/** The backend that can do everything, and rightly. */
export const correct: Options = {
  factory: () => createFaultyBackend(),
  capabilities: fullCapabilities,
  gpus: 4,
  shapes: ['256x256', '512x512'],
  degrees: [1, 2, 4],
  payload: (index) => index,
  poison: -1,
  sameArtifact: (a, b) => a === b,
};

/** The cases that the suite registers, by name, those that it skips apart. */
export function register(options: Options): Record<'cases' | 'skipped', Map<string, () => Promise<void>>> {
  const cases = new Map<string, () => Promise<void>>();
  const skipped = new Map<string, () => Promise<void>>();
  const run = (name: string, one: () => Promise<void>): unknown => cases.set(name, one);
  const skip = (name: string, one: () => Promise<void>): unknown => skipped.set(name, one);
  backendConformance({ ...options, test: Object.assign(run, { skip }) });
  return { cases, skipped };
}

/** The message with which a case fails; `undefined` if it passes. */
export async function messageOf(name: string, options: Options): Promise<string | undefined> {
  try {
    await register(options).cases.get(name)!();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The cases that fail, and with which messages. */
export async function failuresOf(options: Options): Promise<Record<string, string>> {
  const failures: Record<string, string> = {};
  for (const name of register(options).cases.keys()) {
    const message = await messageOf(name, options);
    if (message !== undefined) failures[name] = message;
  }
  return failures;
}
