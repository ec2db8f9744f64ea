import { randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { entryPoints, manifest } from './scripts/entry-points.mjs';

// A fresh seed each run for the generated test cases; `FC_SEED=... npm test` replays a run.
const seed = process.env['FC_SEED'] ?? String(randomInt(2 ** 31));

// Examples import the package by its name, as its users do, and run against the sources.
const alias = entryPoints.map(({ subpath, source }) => ({
  find: new RegExp(`^${manifest.name}${subpath.slice(1)}$`),
  replacement: fileURLToPath(new URL(source, import.meta.url)),
}));

export default defineConfig({
  resolve: { alias },
  test: {
    env: { FC_SEED: seed },
    reporters: ['default'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/package/**', 'test/**/*.worker.test.ts', 'test/**/*.browser.test.ts'],
          setupFiles: ['test/setup.ts'],
          globalSetup: ['test/print-seed.ts'],
        },
      },
      {
        // What needs the PyTorch workers: real processes, on the CPU.
        extends: true,
        test: {
          name: 'worker',
          include: ['test/**/*.worker.test.ts'],
          setupFiles: ['test/setup.ts'],
          globalSetup: ['test/worker/setup.ts'],
          // Each starts processes that keep a core busy: more at once, or beside the other projects, only get into each other's way.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // What has to be seen in a browser: Chromium without a window.
        extends: true,
        test: {
          name: 'browser',
          include: ['test/**/*.browser.test.ts'],
          setupFiles: ['test/setup.ts'],
          globalSetup: ['test/browser/setup.ts'],
          // Where cores are few, a page takes its time.
          expect: { poll: { timeout: 15_000 } },
        },
      },
      {
        extends: true,
        test: {
          name: 'package',
          include: ['test/package/**/*.test.ts'],
          globalSetup: ['test/package/build.ts'],
        },
      },
    ],
  },
});
