import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { entryPoints, threads } from '../../scripts/entry-points.mjs';

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

/** The files of `src` that each file of `src` imports, types included. */
function readImports(): ReadonlyMap<string, readonly string[]> {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .map((file) => posix.join('src', file.replaceAll('\\', '/')))
    .filter((file) => file.endsWith('.ts') && file !== 'src/platform.d.ts');
  return new Map(
    files.map((file) => {
      const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true);
      const own = importedFiles.map(({ fileName }) => fileName).filter((name) => /^\..*\.js$/.test(name));
      return [file, own.map((name) => posix.join(posix.dirname(file), name.replace(/\.js$/, '.ts')))];
    }),
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

describe('imports', () => {
  const imports = readImports();

  test('point up the list of parts only', () => {
    const wrong = [...imports].flatMap(([file, targets]) =>
      targets
        .filter((target) => partOf(target) !== partOf(file) && !allowed[partOf(file)]?.includes(partOf(target)))
        .map((target) => `${file} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test('go round in no circle', () => {
    expect(findCycle(imports)).toBeUndefined();
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
