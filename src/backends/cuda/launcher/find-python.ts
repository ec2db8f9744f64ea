import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The folder of this package, wherever it is installed: its own name leads to it, from its sources and from what is built of them. */
export function packageRoot(): string {
  return dirname(createRequire(import.meta.url).resolve('@tetri/scheduler/package.json'));
}

/** The Python that runs workers where nobody says which: the one that `npm run worker:setup` made, else the one on the path. */
export function findPython(root: string, env: Readonly<Record<string, string | undefined>>): string {
  const own = join(root, '.venv', 'bin', 'python');
  return env['TETRI_PYTHON'] ?? (existsSync(own) ? own : 'python3');
}
