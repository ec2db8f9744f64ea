import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** Gives names of files that do not exist yet, each in a directory that exists, until the tests of the file are over. */
export function filesForTests(): () => string {
  const root = mkdtempSync(join(tmpdir(), 'tetri-journal-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  return () => join(mkdtempSync(join(root, 'x')), 'a.journal');
}
