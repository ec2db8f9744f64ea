import { existsSync } from 'node:fs';
import {
  builtinProfile,
  builtinProfileNames,
  builtinStepProfile,
  parseProfile,
  type Profile,
} from '../profile/index.js';
import { readJson } from './files.js';
import { InputError, parseInput } from './input-error.js';

/** A profile that was read. */
export interface ProfileText {
  readonly profile: Profile;
  /** Its table as JSON text: what worker threads read, and what results depend on. */
  readonly text: string;
}

/** The profile that `--profile` names: a built-in one, or a JSON file. */
export function readProfile(nameOrFile: string): Profile {
  return readProfileText(nameOrFile).profile;
}

/** The same, with its table. */
export function readProfileText(nameOrFile: string): ProfileText {
  if ((builtinProfileNames as readonly string[]).includes(nameOrFile)) {
    return { profile: builtinProfile(nameOrFile), text: JSON.stringify(builtinStepProfile(nameOrFile)) };
  }
  if (!/[/\\]|\.json$/.test(nameOrFile) && !existsSync(nameOrFile)) {
    const known = builtinProfileNames.join(', ');
    throw new InputError(`no profile and no file ${JSON.stringify(nameOrFile)}; built-in profiles are ${known}`);
  }
  const value = readJson(nameOrFile);
  return { profile: parseInput(nameOrFile, () => parseProfile(value)), text: JSON.stringify(value) };
}
