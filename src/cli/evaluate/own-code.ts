import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The code that runs: the build, or the sources. */
export interface OwnCode {
  /** The module of the worker threads. */
  readonly workerUrl: string;
  /** A hash of all of it: results of other code are not results of this code. */
  readonly hash: string;
}

/** Finds the code that runs. The package refers to itself by name, which works from the sources and from the build alike. */
export function findOwnCode(): OwnCode {
  const require = createRequire(import.meta.url);
  const root = dirname(require.resolve('@tetri/scheduler/package.json'));
  const isSource = import.meta.url.endsWith('.ts');
  const folder = join(root, isSource ? 'src' : 'dist');
  const extension = isSource ? '.ts' : '.js';
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith(extension));
  const hash = createHash('sha256');
  for (const file of files.sort()) hash.update(file).update(readFileSync(join(folder, file)));
  return {
    workerUrl: pathToFileURL(join(root, isSource ? 'scripts/evaluate-worker.mjs' : 'dist/cli/evaluate/worker.js')).href,
    hash: hash.digest('hex').slice(0, 16),
  };
}
