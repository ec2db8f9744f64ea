import { parseProfile, type Profile } from '../../profile/index.js';
import { runTrial, type Trial, type TrialResult } from './trial.js';

/** What a worker thread is told to do. */
export interface TrialTask extends Trial {
  /** The table of the profile, as JSON text. */
  readonly profileText: string;
}

const profiles = new Map<string, Profile>();

/** Runs a trial in a worker thread. */
export default function run({ profileText, ...trial }: TrialTask): TrialResult {
  const profile = profiles.get(profileText) ?? parseProfile(JSON.parse(profileText));
  profiles.set(profileText, profile);
  return runTrial(trial, profile);
}
