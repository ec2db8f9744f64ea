import { defineConfig } from 'tsup';
import { commands, entryPoints, threads } from './scripts/entry-points.mjs';

export default defineConfig({
  entry: Object.fromEntries(
    [...entryPoints, ...Object.values(commands), ...threads].map(({ name, source }) => [name, source]),
  ),
  format: 'esm',
  platform: 'neutral',
  target: 'node20',
  sourcemap: true,
  splitting: true,
  clean: true,
  silent: true,
  external: [/^node:/],
  esbuildOptions(options) {
    // The package ships its sources, so that the maps need not repeat them.
    options.sourcesContent = false;
    options.chunkNames = 'chunks/[name]-[hash]';
  },
});
