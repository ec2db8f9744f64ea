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
  const worker = pathToFileURL(join(folder, `cli/evaluate/worker${extension}`));
  const hash = createHash('sha256');
  for (const file of files.sort()) hash.update(file).update(readFileSync(join(folder, file)));
  return {
    workerUrl: isSource ? withLoader(worker.href, require) : worker.href,
    hash: hash.digest('hex').slice(0, 16),
  };
}

/** A module that is another one, which Node reads with the loader for TypeScript that the sources are developed with. */
function withLoader(url: string, require: NodeJS.Require): string {
  const loader = pathToFileURL(require.resolve('tsx/esm/api')).href;
  const lines = [
    `import { register } from ${JSON.stringify(loader)};`,
    'register();',
    `export default (await import(${JSON.stringify(url)})).default;`,
  ];
  return `data:text/javascript,${encodeURIComponent(lines.join('\n'))}`;
}
