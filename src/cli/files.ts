import { accessSync, constants, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { InputError } from './input-error.js';

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EEXIST: 'it is no directory',
  EISDIR: 'it is a directory',
  ENOENT: 'no such file or directory',
  ENOTDIR: 'a part of the path is no directory',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left',
};

function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return reasons[code] ?? message;
}

/** What `act` returns; where it fails, an {@link InputError} says what could not be done, and why. */
export function orExplain<T>(what: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${what}: ${reasonOf(error)}`, { cause: error });
  }
}

/** The text of a file. */
export function readText(path: string): string {
  return orExplain(`cannot read ${JSON.stringify(path)}`, () => readFileSync(path, 'utf8'));
}

/** The JSON in a file. */
export function readJson(path: string): unknown {
  return parseJson(path, readText(path));
}

/**
 * The JSON in a text.
 *
 * @param source - where the text came from, for the error
 */
export function parseJson(source: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new InputError(`${source}: not JSON: ${(error as Error).message}`, { cause: error });
  }
}

/** Writes a file. */
export function writeText(path: string, text: string): void {
  orExplain(`cannot write ${JSON.stringify(path)}`, () => writeFileSync(path, text));
}

/** Writes a file as a whole: who reads it, and who finds it after a crash, sees the old text or the new one. */
export function replaceText(path: string, text: string): void {
  const draft = `${path}.new`;
  writeText(draft, text);
  orExplain(`cannot write ${JSON.stringify(path)}`, () => renameSync(draft, path));
}

/** Makes a folder, and those above it, unless they are there. */
export function makeFolder(path: string): void {
  orExplain(`cannot make the folder ${JSON.stringify(path)}`, () => mkdirSync(path, { recursive: true }));
}

/** Whether there is anything of that name. */
export function isThere(path: string): boolean {
  return orExplain(
    `cannot read ${JSON.stringify(path)}`,
    () => statSync(path, { throwIfNoEntry: false }) !== undefined,
  );
}

/** Checks as well as possible that a file can be written, without touching it: nobody likes to hear it after a long run. */
export function checkWritable(path: string): void {
  orExplain(`cannot write ${JSON.stringify(path)}`, () => {
    const existing = statSync(path, { throwIfNoEntry: false });
    if (existing?.isDirectory() === true) throw Object.assign(new Error(), { code: 'EISDIR' });
    if (existing === undefined && !statSync(dirname(path)).isDirectory()) {
      throw Object.assign(new Error(), { code: 'ENOTDIR' });
    }
    accessSync(existing === undefined ? dirname(path) : path, constants.W_OK);
  });
}
