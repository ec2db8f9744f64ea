import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSource, packageRoot, workerUrl } from '../worker-url.js';

/** The code that runs: the build, or the sources. */
export interface OwnCode {
  /** The module of the worker threads. */
  readonly workerUrl: string;
  /** A hash of all of it: results of other code are not results of this code. */
  readonly hash: string;
}

/** Finds the code that runs. */
export function findOwnCode(): OwnCode {
  const folder = join(packageRoot(), isSource ? 'src' : 'dist');
  const extension = isSource ? '.ts' : '.js';
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith(extension));
  const hash = createHash('sha256');
  for (const file of files.sort()) hash.update(file).update(readFileSync(join(folder, file)));
  return { workerUrl: workerUrl('evaluate'), hash: hash.digest('hex').slice(0, 16) };
}
