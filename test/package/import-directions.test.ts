import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { entryPoints, manifest, threads } from '../../scripts/entry-points.mjs';

/** What each part may import besides itself. Data flows from the top down, imports point up. */
const core = ['model', 'profile', 'parallelism', 'packing', 'rounds', 'policies'];
const shell = ['clock', 'metrics', 'backends', 'backends/bookkeeping', 'backends/simulated', 'scheduler'];
const allowed: Readonly<Record<string, readonly string[]>> = {
  model: [],
  profile: core.slice(0, 1),
  parallelism: core.slice(0, 2),
  packing: core.slice(0, 3),
  rounds: core.slice(0, 4),
  policies: core.slice(0, 5),
  clock: ['model'],
  metrics: ['model'],
  // The contract that every backend implements, and the backends.
  backends: ['model'],
  'backends/bookkeeping': ['backends'],
  'backends/simulated': ['model', 'profile', 'clock', 'backends', 'backends/bookkeeping'],
  'backends/cuda': ['model', 'backends', 'backends/bookkeeping'],
  scheduler: [...core, 'clock', 'metrics', 'backends'],
  simulation: [...core, ...shell],
  // Measures whatever keeps the contract.
  measure: ['model', 'profile', 'clock', 'backends'],
  report: [...core, ...shell, 'simulation', 'report/timeline/page-data.ts'],
  // What runs in a browser: bundled into a text of the report, and knows nothing but the data it is given.
  'report/timeline/page': ['report/timeline/page-data.ts'],
  'report/timeline/page-data.ts': [],
  testing: [...core, ...shell, 'simulation', 'report'],
  cli: [...core, ...shell, 'backends/cuda', 'measure', 'simulation', 'report', 'testing', 'index.ts'],
  'index.ts': core,
  // The exact solver is an entry point of its own, and nothing else may pull it in.
  'packing/ilp.ts': ['model', 'profile', 'parallelism', 'packing'],
};

/** The most specific entry of {@link allowed} that holds `file`. */
function partOf(file: string): string {
  const parts = Object.keys(allowed).filter((part) => file === `src/${part}` || file.startsWith(`src/${part}/`));
  const part = parts.sort((a, b) => b.length - a.length)[0];
  if (part === undefined) throw new Error(`${file} is in no known part; add it to this test and to the design`);
  return part;
}

/** The files of a folder, those of folders inside it too. */
function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => posix.join(folder, file.replaceAll('\\', '/')))
    .filter((file) => /\.(ts|js|mjs)$/.test(file) && !file.endsWith('.d.ts'));
}

/** What a file names in imports and exports, types included. */
function namedIn(file: string): readonly string[] {
  return ts.preProcessFile(readFileSync(file, 'utf8'), true, true).importedFiles.map(({ fileName }) => fileName);
}

/** The file that `name` means in `file`, or `undefined` if it means a package. A name that ends in `.js` may mean a `.ts`. */
function fileOf(file: string, name: string): string | undefined {
  if (!name.startsWith('.')) return undefined;
  const path = posix.join(posix.dirname(file), name);
  const source = path.replace(/\.js$/, '.ts');
  return existsSync(source) ? source : path;
}

/** The files that each file of a folder imports. */
function readImports(folder: string): ReadonlyMap<string, readonly string[]> {
  return new Map(
    filesIn(folder).map((file) => [file, namedIn(file).flatMap((name) => fileOf(file, name) ?? [])] as const),
  );
}

/** The first chain of files that leads from a file to itself. */
function findCycle(imports: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  function visit(file: string, chain: readonly string[]): readonly string[] | undefined {
    if (chain.includes(file)) return [...chain.slice(chain.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const next of imports.get(file) ?? []) {
      const cycle = visit(next, [...chain, file]);
      if (cycle !== undefined) return cycle;
    }
    done.add(file);
    return undefined;
  }
  for (const file of imports.keys()) {
    const cycle = visit(file, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

/** Data and texts that code imports are no files of it. */
const isCode = (file: string): boolean => !/\.(json|css|html)$/.test(file);

describe('imports', () => {
  const imports = new Map([...readImports('src')].map(([file, targets]) => [file, targets.filter(isCode)]));

  test('point up the list of parts only', () => {
    const wrong = [...imports].flatMap(([file, targets]) =>
      targets
        .filter((target) => partOf(target) !== partOf(file) && !allowed[partOf(file)]?.includes(partOf(target)))
        .map((target) => `${file} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test.each(['src', 'examples', 'bench', 'scripts', 'test'])('go round in no circle in %s', (folder) => {
    const own = readImports(folder);
    expect(own.size).toBeGreaterThan(0);
    expect(findCycle(own)).toBeUndefined();
  });

  test('of examples are those that users can write: entry points, packages and their own files', () => {
    const specifiers = entryPoints.map(({ subpath }) => posix.join(manifest.name, subpath));
    const wrong = filesIn('examples').flatMap((file) =>
      namedIn(file)
        .filter((name) =>
          name.startsWith('.')
            ? !fileOf(file, name)!.startsWith('examples/')
            : name.startsWith(`${manifest.name}/`) && !specifiers.includes(name),
        )
        .map((name) => `${file} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  test('are of files that are there', () => {
    const known = [...imports].flatMap(([file, targets]) =>
      targets.filter((target) => !imports.has(target)).map((target) => `${file} imports ${target}`),
    );
    expect(known).toEqual([]);
  });

  test('reach every file from an entry point, a command, a thread or the page', () => {
    const page = 'src/report/timeline/page/main.ts';
    const reached = new Set<string>([
      ...[...entryPoints, ...threads].map(({ source }) => source),
      ...['src/cli/main.ts', page],
    ]);
    for (const file of reached) for (const target of imports.get(file) ?? []) reached.add(target);
    expect([...imports.keys()].filter((file) => !reached.has(file))).toEqual([]);
  });

  test('a circle would be found', () => {
    const circle = new Map([
      ['a', ['b']],
      ['b', ['c']],
      ['c', ['b']],
    ]);
    expect(findCycle(circle)).toEqual(['b', 'c', 'b']);
  });
});
