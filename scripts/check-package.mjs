/**
 * Looks at the package as it will be published: packs it, checks what the tarball holds, and lints it with publint and attw. What
 * it is like to use it, `scripts/consumers` tries.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { commands, entryPoints, threads } from './entry-points.mjs';
import { conclude, expectNone, pack, run, step } from './steps.mjs';

/** What a download, and an installation, may grow to before somebody has to look at it. */
const [packedBudgetKb, unpackedBudgetKb] = [1000, 4000];

const temporary = mkdtempSync(join(tmpdir(), 'tetri-package-'));
const { tarball, files, size, unpackedSize } = pack(temporary);

await step('contents', () => {
  const expected = /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|src\/.+\.(ts|json)|dist\/.+\.(js|d\.ts)(\.map)?)$/;
  const worker = 'src/backends/cuda/worker';
  const ofWorkers = new RegExp(
    `^${worker}/(PROTOCOL\\.md|pyproject\\.toml|requirements\\.txt|tetri_worker/([a-z0-9_]+/)*[a-z0-9_]+\\.py)$`,
  );
  const due = [
    ...[`${worker}/requirements.txt`, `${worker}/tetri_worker/__main__.py`],
    ...['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md'],
    ...entryPoints.flatMap(({ file }) => [file, `${file}.map`, file.replace(/\.js$/, '.d.ts')]),
    ...[...Object.values(commands), ...threads].map(({ file }) => file),
  ];
  expectNone([
    ...files
      .filter((file) => !expected.test(file) && !ofWorkers.test(file))
      .map((file) => `${file} does not belong there`),
    ...due.filter((file) => !files.includes(file)).map((file) => `${file} is missing`),
  ]);
  return 'what is due and nothing else';
});

await step('size', () => {
  const [packedKb, unpackedKb] = [size / 1000, unpackedSize / 1000];
  expectNone([
    ...(packedKb > packedBudgetKb ? [`${packedKb.toFixed(0)} KB packed are more than ${packedBudgetKb} KB`] : []),
    ...(unpackedKb > unpackedBudgetKb
      ? [`${unpackedKb.toFixed(0)} KB unpacked are more than ${unpackedBudgetKb} KB`]
      : []),
  ]);
  return `${files.length} files, ${packedKb.toFixed(0)} KB packed, ${unpackedKb.toFixed(0)} KB unpacked`;
});

await step('source maps', () => {
  const maps = files.filter((file) => file.endsWith('.map'));
  expectNone(
    maps.flatMap((map) => {
      /** @type {{ sources: string[] }} */
      const { sources } = JSON.parse(readFileSync(map, 'utf8'));
      return sources
        .map((source) => posix.join(posix.dirname(map), source))
        .filter((source) => !files.includes(source))
        .map((source) => `${map} points to ${source}, which is not in the package`);
    }),
  );
  return `${maps.length} maps, all sources in the package`;
});

await step('publint', () => run('publint', ['run', tarball, '--strict']).trim().split('\n').at(-1) ?? '');

await step('attw', () => {
  run('attw', [tarball, '--profile', 'esm-only', '--no-color', '--no-emoji']);
  return 'types resolve in every supported mode';
});

rmSync(temporary, { recursive: true });
conclude();
