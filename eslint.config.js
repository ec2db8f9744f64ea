import { builtinModules } from 'node:module';
import vitest from '@vitest/eslint-plugin';
import tsdoc from 'eslint-plugin-tsdoc';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** What would make the library depend on the time, on chance or on Node. */
const impureGlobals = [
  ...['Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'],
  ...['process', 'console', 'Buffer', 'globalThis', 'fetch', 'crypto'],
];

export default defineConfig([
  globalIgnores([
    '.venv/',
    'coverage/',
    'demo-output/',
    'dist/',
    'docs/',
    'test-output/',
    'src/platform.d.ts',
    '**/*.generated.ts',
  ]),
  { linterOptions: { reportUnusedDisableDirectives: 'error', reportUnusedInlineConfigs: 'error' } },
  {
    files: ['**/*.ts', 'examples/image-server/public/**/*.js'],
    extends: [tseslint.configs.strictTypeChecked],
    plugins: { tsdoc },
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      'tsdoc/syntax': 'error',
      eqeqeq: 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // `${number}` reads well and means what it says.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // After a check of the length or the index, `list[i]!` is clearer than a branch that cannot be taken.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Slow, and there are no enums and no classes to mix up.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      // `() => list.push(x)` is common in tests and harmless.
      '@typescript-eslint/no-confusing-void-expression': 'off',
    },
  },
  {
    // JavaScript has its types in comments, which is JSDoc and not TSDoc.
    files: ['examples/image-server/public/**/*.js'],
    rules: { 'tsdoc/syntax': 'off' },
  },
  {
    name: 'pure library',
    files: ['src/**/*.ts'],
    // The command line; the clocks; the journal that lives in a file; the backend that drives processes; and what runs in a page.
    ignores: [
      ...['src/cli/**', 'src/clock/system-clock.ts', 'src/simulation/virtual-clock.ts'],
      ...['src/scheduler/journal/file-journal.ts', 'src/scheduler/journal/file/**', 'src/backends/cuda/**'],
      'src/report/timeline/page/**',
    ],
    rules: {
      'no-restricted-globals': ['error', ...impureGlobals],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Take a seeded generator.' },
      ],
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['node:*', ...builtinModules], message: 'The library runs without Node.' }] },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    plugins: { vitest },
    // Rules that ask the type checker take most of the time, and half of it for tests, which feed what the types forbid anyway.
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { parserOptions: { projectService: false } },
    rules: {
      'vitest/expect-expect': ['error', { assertFunctionNames: ['expect', 'expect*', 'fc.assert', 'assert*'] }],
      'vitest/no-disabled-tests': 'error',
      'vitest/no-focused-tests': 'error',
      'vitest/no-identical-title': 'error',
      'vitest/no-standalone-expect': 'off',
      'vitest/valid-expect': 'error',
      'vitest/valid-expect-in-promise': 'error',
    },
  },
]);
