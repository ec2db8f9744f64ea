import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes a whole file in place of another one, or of none: at any moment, and after a crash at any moment, the path names either the old
 * file or the new one, whole. Only {@link syncDirectory} makes it certain which one. If it fails, nothing has changed.
 *
 * @param lines - the text, of ASCII only
 * @param mode - the permissions
 * @returns the new file, open for reading and writing
 */
export async function replaceFile(path: string, lines: readonly string[], mode: number): Promise<FileHandle> {
  const temporary = temporaryPath(path);
  const file = await open(temporary, 'w+', mode);
  try {
    // The mode given to `open` passes through the umask.
    await file.chmod(mode);
    // Each call goes on where the last one ended.
    for (const block of blocks(lines)) await file.writeFile(block, 'latin1');
    await file.sync();
    await rename(temporary, path);
    return file;
  } catch (error) {
    await file.close().catch(() => undefined);
    await removeLeftover(path).catch(() => undefined);
    throw error;
  }
}

/** Removes what a crash in {@link replaceFile} left behind. */
export async function removeLeftover(path: string): Promise<void> {
  await rm(temporaryPath(path), { force: true });
}

/** Makes the names in the directory of `path` safe, as `fsync` does for the content of a file. */
export async function syncDirectory(path: string): Promise<void> {
  // Windows does not open directories, and does not need it.
  if (process.platform === 'win32') return;
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function temporaryPath(path: string): string {
  return `${path}.tmp`;
}

/** The lines in pieces of about a million characters: few system calls, and no string that is too long. */
function* blocks(lines: readonly string[]): Generator<string> {
  let block = '';
  for (const line of lines) {
    block += line;
    if (block.length >= 1_000_000) {
      yield block;
      block = '';
    }
  }
  if (block !== '') yield block;
}
