import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { entryPoints, manifest } from '../../scripts/entry-points.mjs';

/** The npm packages and Node modules that each entry point loads, now or later by a dynamic import. */
const loads: Readonly<Record<string, readonly string[]>> = {
  '.': [],
  './scheduler': [],
  './scheduler/file-journal': ['node:fs', 'node:fs/promises', 'node:path', 'node:zlib'],
  './backends': [],
  './backends/simulated': [],
  './backends/cuda': [
    ...['node:child_process', 'node:crypto', 'node:fs', 'node:fs/promises', 'node:module', 'node:os', 'node:path'],
  ],
  './measure': ['d3-array'],
  './simulation': ['d3-array', 'd3-random', 'fastpriorityqueue', 'highs', 'pure-rand'],
  './report': [],
  './metrics/prom-client': ['prom-client'],
  './metrics/opentelemetry': [],
  './testing': ['pure-rand'],
  './packing/ilp': ['javascript-lp-solver'],
};

test('every entry point is in the table', () => {
  expect(entryPoints.map(({ subpath }) => subpath)).toEqual(Object.keys(loads));
});

test('nothing is depended on in vain', () => {
  const byEntryPoints = new Set(Object.values(loads).flat());
  const byCommand = [
    'cli-progress',
    'cli-table3',
    'commander',
    'csv-parse',
    'echarts',
    'simple-ascii-chart',
    'tinypool',
  ];
  // Types only: its meter is handed in.
  const byTypes = ['@opentelemetry/api'];
  const packages = [...byEntryPoints, ...byCommand, ...byTypes].filter((name) => !isBuiltin(name));
  const declared = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)];
  expect(packages.sort()).toEqual(declared.sort());
});

describe.each(entryPoints)('$subpath', ({ subpath, source, file }) => {
  const expected = loads[subpath] ?? [];

  test('bundles what it should', async () => {
    expect(await importedByBundle(source)).toEqual(expected);
  });

  test('loads what it should', () => {
    expect(existsSync(file), `${file} was not built`).toBe(true);
    expect(loadedByNode(file).filter((name) => !expected.includes(name))).toEqual([]);
  });
});

/** What is left to import when all of our own files are in one bundle. */
async function importedByBundle(source: string): Promise<readonly string[]> {
  const { metafile } = await build({
    entryPoints: [source],
    bundle: true,
    packages: 'external',
    platform: 'neutral',
    format: 'esm',
    write: false,
    metafile: true,
  });
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
  return [...new Set(imports.filter(({ external }) => external).map(({ path }) => packageOf(path)))].sort();
}

/** The packages and Node modules that our built files ask for while Node imports `file`. */
function loadedByNode(file: string): readonly string[] {
  const hooks = `
    import { writeSync } from 'node:fs';
    export async function resolve(specifier, context, next) {
      const { url } = await next(specifier, context);
      writeSync(1, JSON.stringify({ url, parent: context.parentURL }) + '\\n');
      return { url, shortCircuit: true };
    }`;
  const main = `
    import { register } from 'node:module';
    register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hooks)}`)});
    await import(${JSON.stringify(pathToFileURL(file).href)});`;
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', main], { encoding: 'utf8' });
  const dist = pathToFileURL('dist/').href;
  const resolved = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { url: string; parent?: string });
  const foreign = resolved.filter(({ url, parent }) => !url.startsWith(dist) && parent?.startsWith(dist) === true);
  if (!resolved.some(({ url }) => url === pathToFileURL(file).href)) throw new Error(`the hook did not see ${file}`);
  return foreign
    .map(({ url }) => (isBuiltin(url) ? url : packageOf(fileURLToPath(url).split('/node_modules/').at(-1) ?? '')))
    .sort();
}

/** `@a/b/c.js` is a file of `@a/b`; Node's modules keep their names. */
function packageOf(path: string): string {
  return isBuiltin(path) ? path : path.split('/', path.startsWith('@') ? 2 : 1).join('/');
}
