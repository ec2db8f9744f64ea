import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Whether the sources run, and not the build. */
export const isSource = import.meta.url.endsWith('.ts');

/** The folder of this package. It refers to itself by name, which works from the sources and from the build alike. */
export function packageRoot(): string {
  return dirname(createRequire(import.meta.url).resolve('@tetri/scheduler/package.json'));
}

/** The module of the worker threads of a command. */
export function workerUrl(command: 'evaluate' | 'capacity'): string {
  const file = isSource ? `scripts/${command}-worker.mjs` : `dist/cli/${command}/worker.js`;
  return pathToFileURL(join(packageRoot(), file)).href;
}
