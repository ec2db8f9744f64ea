import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createCluster } from '../../src/model/index.js';
import { builtinProfile } from '../../src/profile/index.js';
import {
  createWorkload,
  formatRunLog,
  paperSlo,
  parseRunLog,
  poissonArrivals,
  uniformMix,
  validateRun,
  type RunSummary,
} from '../../src/simulation/index.js';
import { run, small, temporaryFile, temporaryFolder } from './run.js';

const profile = builtinProfile('flux.1-dev_h100');
/** What `small` draws. */
const trace = createWorkload({
  ...{ profile, requests: 20, steps: 10, seed: 1, arrivals: poissonArrivals(12) },
  ...{ mix: uniformMix(['256x256', '512x512', '1024x1024', '2048x2048']), slo: paperSlo() },
});

test.each([
  [[], 0],
  [['--noise'], 'profile'],
  [['--noise', '0.1'], 0.1],
  [['--gpus', '16', '--domain-size', '8'], 0],
  [['--switch-ms', '0'], 0],
  [['--policy', 'srpt'], 0],
] as const)('the run log with %j is valid and gives the reported attainment', async (argv, stepNoise) => {
  const file = join(temporaryFolder(), 'run.ndjson');
  const { code, stdout } = await run([...small, ...argv, '--json', '--log', file]);
  expect(code).toBe(0);
  const { runs } = JSON.parse(stdout) as { runs: readonly RunSummary[] };
  const text = readFileSync(file, 'utf8');
  const log = parseRunLog(text);
  expect(formatRunLog(log)).toBe(text);
  const gpus = argv[0] === '--gpus' ? 16 : 8;
  const verdict = validateRun(log, trace, profile, { cluster: createCluster(gpus, 8), stepNoise });
  expect(verdict.violations).toEqual([]);
  expect(verdict.sloAttainment).toBe(runs[0]?.sloAttainment);
});

test('the timeline is JSON with a lane for each GPU', async () => {
  const file = join(temporaryFolder(), 'trace.json');
  const { code, stdout } = await run([...small, '--chrome-trace', file, '--gpus', '4', '--domain-size', '2']);
  expect(code).toBe(0);
  expect(stdout).toContain(`Wrote ${file}\n`);
  const { traceEvents } = JSON.parse(readFileSync(file, 'utf8')) as {
    traceEvents: readonly { name: string; args: { name?: string } }[];
  };
  const names = traceEvents.filter(({ name }) => name === 'thread_name').map(({ args }) => args.name);
  expect(names).toEqual(['arrivals', 'missed deadlines', 'GPU 0', 'GPU 1', 'GPU 2', 'GPU 3']);
});

test('the page holds the run: every GPU, chunk and request', async () => {
  const folder = temporaryFolder();
  const [page, log] = [join(folder, 'run.html'), join(folder, 'run.ndjson')];
  const { code, stdout } = await run([...small, '--timeline', page, '--log', log, '--gpus', '4', '--domain-size', '2']);
  expect(code).toBe(0);
  expect(stdout).toContain(`Wrote ${log}\nWrote ${page}\n`);
  const text = readFileSync(page, 'utf8');
  const json = /<script type="application\/json" id="run">(.*)<\/script>/.exec(text)?.[1] ?? '';
  const data = JSON.parse(json) as {
    facts: readonly (readonly [string, string])[];
    gpus: { id: readonly number[] };
    chunks: { startMs: readonly number[] };
    requests: { id: readonly string[] };
  };
  expect(data.facts).toContainEqual(['policy', 'horizon']);
  expect(data.facts).toContainEqual(['step times', 'estimated']);
  expect(data.gpus.id).toEqual([0, 1, 2, 3]);
  expect(data.requests.id).toEqual(trace.requests.map(({ id }) => id));
  expect(data.chunks.startMs).toHaveLength(parseRunLog(readFileSync(log, 'utf8')).length);
});

describe('file names', () => {
  test('are used as they are for one policy', async () => {
    const folder = temporaryFolder();
    const files = ['--log', join(folder, 'a.ndjson'), '--chrome-trace', join(folder, 'b.json')];
    files.push('--timeline', join(folder, 'c.html'));
    expect(await run([...small, ...files, '--policy', 'edf,edf', '--json'])).toMatchObject({ code: 0, stderr: '' });
    expect(readdirSync(folder).sort()).toEqual(['a.ndjson', 'b.json', 'c.html']);
  });

  test('have the policy before the extension for several', async () => {
    const folder = temporaryFolder();
    const files = ['--log', join(folder, 'run.v1.ndjson'), '--chrome-trace', join(folder, 'timeline')];
    files.push('--timeline', join(folder, 'page.html'));
    await run([...small, ...files, '--policy', 'edf,fixed-2']);
    expect(readdirSync(folder).sort()).toEqual([
      ...[
        'page.edf.html',
        'page.fixed-2.html',
        'run.v1.edf.ndjson',
        'run.v1.fixed-2.ndjson',
        'timeline.edf',
        'timeline.fixed-2',
      ],
    ]);
  });

  test.each([
    ['both outputs', (file: string) => ['--log', file, '--chrome-trace', file]],
    ['log and page', (file: string) => ['--log', file, '--timeline', file]],
    ['the trace that is read', (file: string) => ['--log', file, '--trace', file]],
  ])('must not be those of %s', async (_, argv) => {
    const text = '{"schemaVersion":1,"requests":[]}';
    const file = temporaryFile(text);
    expect(await run(['simulate', ...argv(file)])).toEqual({
      code: 2,
      stdout: '',
      stderr: `tetri: "${file}" is used for two things\n`,
    });
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  test('that cannot be written are found before anything is written', async () => {
    const folder = temporaryFolder();
    const good = join(folder, 'good.ndjson');
    for (const flag of ['--chrome-trace', '--timeline']) {
      expect(await run([...small, '--log', good, flag, folder])).toMatchObject({ code: 2, stdout: '' });
      expect(existsSync(good)).toBe(false);
    }
  });
});
