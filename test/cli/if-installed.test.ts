import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ifInstalled } from '../../src/cli/if-installed.js';
import { temporaryFolder } from './run.js';

// Where Vitest leaves it to Node to import it, whose errors are what this is about.
const importer = 'node_modules/importer/index.mjs';

/** What imports `peer`, in a folder with these files. */
function importerOf(files: Readonly<Record<string, string>>): () => Promise<unknown> {
  const folder = temporaryFolder();
  for (const [file, text] of Object.entries({ [importer]: "import 'peer';", ...files })) {
    const path = join(folder, file);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
  }
  return async () => import(/* @vite-ignore */ pathToFileURL(join(folder, importer)).href) as Promise<unknown>;
}

const manifest = (text: string): Readonly<Record<string, string>> => ({ 'node_modules/peer/package.json': text });
const good = manifest('{"name":"peer","type":"module","exports":"./index.js"}');

describe('ifInstalled()', () => {
  test('is undefined for a package that is not there', async () => {
    expect(await ifInstalled('peer', importerOf({}))).toBeUndefined();
  });

  test('is the package that is there', async () => {
    const load = importerOf({
      ...good,
      'node_modules/peer/index.js': 'export const answer = 7;',
      [importer]: "export * from 'peer';",
    });
    expect(await ifInstalled('peer', load)).toMatchObject({ answer: 7 });
  });

  test.each([
    [
      'lacks a package that it needs',
      { ...good, 'node_modules/peer/index.js': "import 'other';" },
      /Cannot find package 'other'/,
    ],
    ['lacks a file of its own', good, /Cannot find module '.*index\.js'/],
    ['fails', { ...good, 'node_modules/peer/index.js': "throw new Error('wants a newer Node');" }, /newer Node/],
    ['has a syntax that Node does not read', { ...good, 'node_modules/peer/index.js': 'let let;' }, /strict mode|let/],
    ['has a package.json that is cut off', manifest('{'), /package/i],
  ])('throws what is wrong with a package that %s', async (_, files, why) => {
    await expect(ifInstalled('peer', importerOf(files))).rejects.toThrow(why);
  });
});
