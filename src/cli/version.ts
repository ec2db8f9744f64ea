import { createRequire } from 'node:module';

/** The version of this package. It refers to itself by name, which works from the sources and from the build alike. */
export function readVersion(): string {
  const manifest = createRequire(import.meta.url)('@tetri/scheduler/package.json') as { version: string };
  return manifest.version;
}
