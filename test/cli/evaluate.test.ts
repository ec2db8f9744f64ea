import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { XMLValidator } from 'fast-xml-parser';
import { describe, expect, test, vi } from 'vitest';
import { cellKey } from '../../src/cli/evaluate/cell-key.js';
import { defaultGrid, expandGrid, parseGrid } from '../../src/simulation/evaluation/index.js';
import { expectRefused, run, temporaryFile, temporaryFolder } from './run.js';

const grid = {
  schemaVersion: 1,
  title: 'Small',
  experiments: [
    {
      id: 'small',
      title: 'Deadlines & more',
      profile: 'flux.1-dev_h100',
      requests: 12,
      steps: 10,
      shapes: ['256x256', '1024x1024'],
      mixes: ['uniform', '1024x1024'],
      arrivals: 'bursts',
      rates: { unit: 'per-minute', values: [6000] },
      slo: { base: 'paper', scales: [0.5, 1] },
      policies: ['edf', { name: 'tetriserve', options: { scaleUp: false } }],
      seeds: [1, 2],
      bound: true,
      charts: [
        ...['attainment', 'share-of-bound'].map((show) => ({ show, x: 'sloScale' })),
        ...['by-shape', 'latency', 'over-time', 'attainment'].map((show) => ({ show })),
      ],
    },
  ],
};
/** Two cells that take no time. */
const tiny = {
  ...grid,
  experiments: [
    {
      ...grid.experiments[0],
      ...{ mixes: ['uniform'], policies: ['edf'], bound: false, slo: { base: 'paper', scales: [1] } },
      charts: [{ show: 'attainment' }],
    },
  ],
};
const cellCount = 2 * 2 * 2 * (2 + 1);

function place(document: object = grid): { readonly out: string; readonly argv: readonly string[] } {
  const out = join(temporaryFolder(), 'out');
  const file = temporaryFile(JSON.stringify(document), 'grid.json');
  return { out, argv: ['evaluate', '--grid', file, '--out', out, '--jobs', '2'] };
}

const resultsOf = (out: string): unknown => JSON.parse(readFileSync(join(out, 'results.json'), 'utf8'));
const linesOf = (file: string): number => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0);

describe('evaluate', () => {
  test('runs a grid in worker threads, and writes results, figures and a report', async () => {
    const { out, argv } = place();
    const first = await run(argv);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toContain(`${cellCount} results, ${cellCount} of them new`);
    const { results } = resultsOf(out) as { results: { result: { kind: string; sloAttainment: number } }[] };
    expect(results.map(({ result }) => result.kind).filter((kind) => kind === 'bound')).toHaveLength(8);
    const attained = (wanted: string): readonly number[] =>
      results.filter(({ result }) => result.kind === wanted).map(({ result }) => result.sloAttainment);
    // Deadlines that are half as long are harder, and nobody passes the bound.
    expect(new Set(attained('run')).size).toBeGreaterThan(1);
    expect(Math.max(...attained('run'))).toBeLessThanOrEqual(Math.max(...attained('bound')));
    expect(Math.min(...attained('run'))).toBeLessThan(Math.min(...attained('bound')));

    const figures = readdirSync(out).filter((name) => name.endsWith('.svg'));
    expect(figures).toHaveLength(6);
    const report = readFileSync(`${out}.md`, 'utf8');
    for (const name of figures) {
      const svg = readFileSync(join(out, name), 'utf8');
      expect(XMLValidator.validate(svg)).toBe(true);
      expect(svg).toContain('<title>Deadlines &amp; more</title>');
      const figure = report.split('![').find((part) => part.includes(`(out/${name})`))!;
      expect(figure).toContain('**estimated**');
      expect(figure).toContain('Seeds 1, 2.');
      expect(figure).toContain(`Made by \`tetri evaluate --grid ${argv[2]} --out ${out}\``);
    }

    // The same again: nothing to run, and not a byte changes.
    const before = readdirSync(out).map((name) => readFileSync(join(out, name), 'utf8'));
    for (const more of [[], ['--redraw']]) {
      expect((await run([...argv, ...more])).stdout).toContain(`${cellCount} results, 0 of them new`);
      expect(readdirSync(out).map((name) => readFileSync(join(out, name), 'utf8'))).toEqual(before);
      expect(readFileSync(`${out}.md`, 'utf8')).toBe(report);
    }
  }, 60_000);

  test('goes on where it was interrupted, to the same results', async () => {
    const whole = place();
    await run(whole.argv);
    const { out, argv } = { ...place(), out: whole.out };
    const file = argv[4]!;
    const lines = join(file, 'results.ndjson');
    // As soon as the first result is kept: what is under way in the other thread, and all that waits, is given up.
    const onInterrupt = (callback: () => void): (() => void) => {
      mkdirSync(file, { recursive: true });
      const watcher = watch(file, () => linesOf(lines) > 0 && callback());
      return () => watcher.close();
    };
    const stopped = await run(argv, { onInterrupt });
    expect(stopped.code).toBe(130);
    const kept = linesOf(lines);
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(cellCount);
    expect(existsSync(join(file, 'results.json'))).toBe(false);
    // As if the process had died in the middle of a line.
    appendFileSync(lines, '{"key":"abc","cell":{"ki');
    const { code, stdout, stderr } = await run(argv);
    expect(code).toBe(0);
    expect(stderr).toContain(`going on: ${kept} of ${cellCount} results are there`);
    expect(stdout).toContain(`${cellCount} results, ${cellCount - kept} of them new`);
    expect(resultsOf(file)).toEqual(resultsOf(out));
    expect(existsSync(lines)).toBe(false);
  }, 60_000);

  test('reports a run that fails, keeps the others, and tries it again', async () => {
    const failing = {
      ...grid.experiments[0],
      ...{ shapes: ['2048x2048'], mixes: ['uniform'], requests: 3, bound: false, steps: 2 },
      // Steps that take so long never end: the slowed run breaks, and the other one does not.
      ...{ slowdowns: [1, 1e300], policies: ['edf'], seeds: [1], charts: [{ show: 'attainment', series: 'slowdown' }] },
      slo: { base: 'paper', scales: [1] },
    };
    const { out, argv } = place({ ...grid, experiments: [failing] });
    for (let time = 0; time < 2; time++) {
      const { code, stdout, stderr } = await run(argv);
      expect(code).toBe(1);
      expect(stderr).toContain('1 of 2 cells failed; the same command tries them again');
      expect(stdout).toContain('2 results');
      expect(readFileSync(`${out}.md`, 'utf8')).toContain('1 of 2 runs have no result');
    }
    const { code, stderr } = await run([...argv, '--redraw']);
    expect(code).toBe(1);
    expect(stderr).toContain('without --redraw they are tried again');
  }, 60_000);

  test('draws anew what other code made, and says the version of that', async () => {
    const { out, argv } = place(tiny);
    await run(argv);
    const document = join(out, 'results.json');
    const text = readFileSync(document, 'utf8')
      .replace(/"version":"[^"]*"/, '"version":"9.9.9"')
      .replace(/"code":"[^"]*"/, '"code":"other"')
      .replace(/"key":"[^"]*"/g, (_key: string, at: number) => `"key":"k${at}"`);
    writeFileSync(document, text);
    const redrawn = await run([...argv, '--redraw']);
    expect(redrawn).toMatchObject({ code: 0, stderr: '' });
    expect(redrawn.stdout).toContain('2 results, 0 of them new');
    expect(redrawn.stdout).not.toContain('results.json');
    expect(readFileSync(`${out}.md`, 'utf8')).toContain('version 9.9.9');
    expect(readFileSync(document, 'utf8')).toBe(text);
    // Without --redraw they are run again, and it is said that those of the other code go.
    const again = await run(argv);
    expect(again.stderr).toContain('2 results of another grid, profile or code');
    expect(again.stdout).toContain('2 results, 2 of them new');
    expect(readFileSync(`${out}.md`, 'utf8')).not.toContain('9.9.9');
  }, 60_000);

  test('does not draw what is not there', async () => {
    const { out, argv } = place(tiny);
    await expectRefused([...argv, '--redraw'], 'run it without --redraw first');
    expect(existsSync(out)).toBe(false);
    mkdirSync(out);
    writeFileSync(join(out, 'results.json'), '{"schemaVersion":1,"version":"1","code":"c","results":[]}');
    await expectRefused([...argv, '--redraw'], 'holds no result of this grid');
    expect(existsSync(`${out}.md`)).toBe(false);
  });

  test('keeps a second process out, and lets it in when the first has ended', async () => {
    const { out, argv } = place(tiny);
    const first = run(argv);
    const lock = join(out, 'results.lock');
    await vi.waitUntil(() => existsSync(lock), { timeout: 30_000, interval: 1 });
    await expectRefused(argv, `if none runs any more, delete ${lock}`);
    expect(await first).toMatchObject({ code: 0 });
    expect(existsSync(lock)).toBe(false);
    expect((await run(argv)).stdout).toContain('2 results, 0 of them new');
  }, 60_000);

  test('writes beside the folder, whether or not its name ends in a slash', async () => {
    const { out, argv } = place(tiny);
    expect((await run(argv.map((word) => (word === out ? `${out}//` : word)))).code).toBe(0);
    expect(readdirSync(dirname(out)).sort()).toEqual(['out', 'out.md']);
    for (const name of ['.', '..', './', '/', 'a/..', '../..']) {
      await expectRefused(['evaluate', '--out', name], 'Expected a folder with a name of its own');
    }
  }, 60_000);

  test('does not touch what somebody else wrote', async () => {
    const { out, argv } = place(tiny);
    writeFileSync(`${out}.md`, '# Mine\n');
    await expectRefused(argv, `${out}.md is no report of tetri evaluate`);
    expect(readFileSync(`${out}.md`, 'utf8')).toBe('# Mine\n');
    expect(existsSync(out)).toBe(false);
    const file = temporaryFile('', 'out');
    await expectRefused([...argv.slice(0, 4), file], 'it is no directory');
  });

  test('prints the built-in grid', async () => {
    await expectRefused(['evaluate', '--print-grid', '--grid', 'x.json'], 'cannot be used with');
    expect((await run(['evaluate', '--help'])).stdout).toMatch(/\(default: one\s+for\s+each\s+core\)\s+--redraw/);
    expect(JSON.parse((await run(['evaluate', '--print-grid'])).stdout)).toEqual(defaultGrid);
  });

  test('refuses what is no grid, and files that are not its own', async () => {
    await expectRefused(place({ ...grid, title: '' }).argv, 'title: expected a string that is not empty');
    const [experiment] = grid.experiments;
    await expectRefused(
      place({ ...grid, experiments: [{ ...experiment, profile: 'nope' }] }).argv,
      'experiments[0].profile: no profile',
    );
    await expectRefused(
      place({ ...grid, experiments: [{ ...experiment, mixes: ['64x64'] }] }).argv,
      'experiments[0].mixes[0]: ',
    );
    await expectRefused(
      place({ ...grid, experiments: [{ ...experiment, shapes: ['1024x1024', '8192x8192'] }] }).argv,
      'experiments[0].shapes[1]: ',
    );
    for (const [name, text] of [
      ['results.ndjson', '{"a":1}\n'],
      ['results.json', '{"schemaVersion":1,"version":"1","code":"c","results":[{"ke'],
      ['results.json', '{"schemaVersion":1,"results":[]}'],
      [
        'results.json',
        '{"schemaVersion":1,"version":"1","code":"c","results":[{"key":"k","cell":{},"result":{"kind":"run"}}]}',
      ],
      ['results.ndjson', 'my notes'],
      ['results.json', '[]'],
    ] as const) {
      const { out, argv } = place();
      mkdirSync(out);
      writeFileSync(join(out, name), text);
      await expectRefused(argv, 'so that nothing was changed; delete or move it');
      expect(readFileSync(join(out, name), 'utf8')).toBe(text);
      expect(readdirSync(out)).toEqual([name]);
    }
  });
});

test('a key depends on cell, version, code and profile', () => {
  const [cell, other] = expandGrid(parseGrid(grid));
  const origin = { version: '1', code: 'c', profileText: 'p' };
  const keys = [
    ...[cellKey(cell!, origin), cellKey(other!, origin)],
    ...Object.keys(origin).map((field) => cellKey(cell!, { ...origin, [field]: 'x' })),
  ];
  expect(new Set(keys).size).toBe(5);
  expect(cellKey(structuredClone(cell!), { profileText: 'p', code: 'c', version: '1' })).toBe(keys[0]);
});
