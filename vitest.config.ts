import { randomInt } from 'node:crypto';
import { defineConfig } from 'vitest/config';

// A fresh seed each run for the generated test cases; `FC_SEED=... npm test` replays a run.
const seed = process.env['FC_SEED'] ?? String(randomInt(2 ** 31));

export default defineConfig({
  test: {
    env: { FC_SEED: seed },
    reporters: ['default'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/package/**'],
          setupFiles: ['test/setup.ts'],
          globalSetup: ['test/print-seed.ts'],
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
