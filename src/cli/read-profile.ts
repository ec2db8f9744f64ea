import { existsSync } from 'node:fs';
import { builtinProfile, builtinProfileNames, parseProfile, type Profile } from '../profile/index.js';
import { readJson } from './files.js';
import { InputError, parseInput } from './input-error.js';

/** The profile that `--profile` names: a built-in one, or a JSON file. */
export function readProfile(nameOrFile: string): Profile {
  if ((builtinProfileNames as readonly string[]).includes(nameOrFile)) return builtinProfile(nameOrFile);
  if (!/[/\\]|\.json$/.test(nameOrFile) && !existsSync(nameOrFile)) {
    const known = builtinProfileNames.join(', ');
    throw new InputError(`no profile and no file ${JSON.stringify(nameOrFile)}; built-in profiles are ${known}`);
  }
  const value = readJson(nameOrFile);
  return parseInput(nameOrFile, () => parseProfile(value));
}
