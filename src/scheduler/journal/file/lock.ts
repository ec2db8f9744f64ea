import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { journalError } from '../journal-error.js';
import { describeSelf, isRunning, parseProcess } from './process-life.js';

/** The files that this process holds; its own id in a lock file does not tell, as a restarted container has the same ids again. */
const heldHere = new Set<string>();

/**
 * Takes `path.lock`, which names the process that uses a file, for this process. It is taken over from a process that is gone.
 *
 * It keeps processes apart that see each other: not those on two machines that share a disk, nor in two containers that share a volume.
 * The file system must have hard links.
 *
 * @returns gives it back
 * @throws `TetriError` `journal-locked`; an error of the file system
 */
export function takeLock(path: string): () => void {
  if (heldHere.has(path)) throw journalError('journal-locked', 'this process uses the journal already', path);
  heldHere.add(path);
  const file = `${path}.lock`;
  const self = describeSelf();
  try {
    occupy(path, file, self);
  } catch (error) {
    heldHere.delete(path);
    throw error;
  }
  return () => {
    try {
      vacate(file, self);
    } finally {
      heldHere.delete(path);
    }
  };
}

/** Creates the lock `file`, if need be in place of one whose process is gone. */
function occupy(path: string, file: string, self: string): void {
  for (let attempt = 1; attempt <= 100; attempt += 1) {
    if (createIfNone(file, self)) return;
    const content = readIfThere(file);
    if (content === undefined) continue;
    const holder = parseProcess(content);
    // The machine may have stopped before the content of a lock was on the disk.
    const isLost = /^\0*$/.test(content);
    if (holder === undefined && !isLost) {
      const advice = `${file} is no lock file of this release; remove it if nothing uses the journal`;
      throw journalError('journal-locked', advice, path);
    }
    if (holder !== undefined && isRunning(holder)) {
      throw journalError('journal-locked', `process ${holder.pid} uses the journal, says ${file}`, path);
    }
    // Another process may find the same and be faster: the lock to remove could be its new one. So the removal has a lock itself.
    const removal = `${file}.takeover`;
    occupy(path, removal, self);
    try {
      if (readIfThere(file) === content) rmSync(file, { force: true });
    } finally {
      vacate(removal, self);
    }
  }
  throw journalError('journal-locked', `other processes took ${file} again and again`, path);
}

/** Removes the file if it is this process that it names. */
function vacate(file: string, self: string): void {
  if (readIfThere(file) === self) rmSync(file, { force: true });
}

/** Creates the file together with its content: no process ever sees it without. */
function createIfNone(file: string, content: string): boolean {
  const prepared = `${file}.${crypto.randomUUID()}`;
  try {
    writeFileSync(prepared, content, { flag: 'wx' });
    linkSync(prepared, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(prepared, { force: true });
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
