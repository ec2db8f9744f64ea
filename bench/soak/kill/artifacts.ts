import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = 'artifacts';

export function prepareArtifacts(dir: string): void {
  mkdirSync(join(dir, folder), { recursive: true });
}

/** Keeps an artifact under its id. Twice is as good as once, and half an artifact is never seen. */
export function keepArtifact(dir: string, id: string, artifact: unknown): void {
  const file = join(dir, folder, `${id}.json`);
  writeFileSync(`${file}.tmp`, JSON.stringify(artifact));
  renameSync(`${file}.tmp`, file);
}

/** The artifact that is kept under an id; `undefined` if there is none. */
export function keptArtifact(dir: string, id: string): unknown {
  try {
    return JSON.parse(readFileSync(join(dir, folder, `${id}.json`), 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The ids of all artifacts. */
export function keptIds(dir: string): string[] {
  return readdirSync(join(dir, folder))
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length));
}
