import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { XMLValidator } from 'fast-xml-parser';
import { describe, expect, test, vi } from 'vitest';
import { createCluster } from '../../src/model/index.js';
import { createPolicy } from '../../src/policies/index.js';
import { builtinProfile } from '../../src/profile/index.js';
import {
  createWorkload,
  formatTrace,
  paperSlo,
  poissonArrivals,
  simulate,
  summarize,
  uniformMix,
} from '../../src/simulation/index.js';
import { run, temporaryFile, temporaryFolder } from './run.js';

// Searches are many runs, and worker threads and charts take a while to load.
vi.setConfig({ testTimeout: 30_000 });

/** A workload that takes little time to simulate, on GPUs that are few for it. */
const few = ['--requests', '16', '--steps', '8', '--rate', '60', '--domain-size', '4', '--max-gpus', '16'];
const small: readonly string[] = ['capacity', ...few, '--slo-scale', '0.5', '--jobs', '1', '--seeds', '1'];

interface Found {
  readonly policy: string;
  readonly gpus: number | null;
  readonly trials: readonly {
    readonly gpus: number;
    readonly measured: {
      readonly requests: number;
      readonly onTime: number;
      readonly sloAttainment: number;
      readonly lowestAttainment: number;
      readonly gpuUtilization: number;
      readonly attainments: readonly number[];
    };
  }[];
}

async function foundBy(...argv: readonly string[]): Promise<readonly Found[]> {
  const { stdout, stderr } = await run([...argv, '--json']);
  expect(stderr).toBe('');
  return (JSON.parse(stdout) as { policies: readonly Found[] }).policies;
}

describe('--json', () => {
  test('prints one line of JSON with these fields and no others', async () => {
    const { code, stdout, stderr } = await run([...small, '--json', '--seeds', '2']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^\{.*\}\n$/);
    const number: unknown = expect.any(Number);
    const document = JSON.parse(stdout) as { policies: readonly Found[] };
    expect(document).toStrictEqual({
      ...{ target: 0.95, domainSize: 4, gpuCounts: [1, 2, 4, 8, 12, 16] },
      policies: [{ policy: 'horizon', gpus: number, trials: expect.any(Array) as unknown }],
    });
    for (const trial of document.policies[0]!.trials) {
      expect(trial).toStrictEqual({
        gpus: number,
        measured: {
          ...{ requests: 32, onTime: number, sloAttainment: number, lowestAttainment: number },
          ...{ gpuUtilization: number, attainments: [number, number] },
        },
      });
    }
  });

  test('says what simulation says, of all seeds together', async () => {
    const [found] = await foundBy(...small, '--policy', 'edf', '--seeds', '2');
    const profile = builtinProfile('flux.1-dev_h100');
    const { gpus, measured } = found!.trials.at(-1)!;
    const runs = [1, 2].map((seed) => {
      const trace = createWorkload({
        ...{ profile, requests: 16, steps: 8, seed, arrivals: poissonArrivals(60), slo: paperSlo(0.5) },
        mix: uniformMix(['256x256', '512x512', '1024x1024', '2048x2048']),
      });
      const cluster = createCluster(gpus, 4);
      return summarize(simulate({ trace, profile, cluster, policy: createPolicy('edf') }), trace, cluster);
    });
    const attainments = runs.map(({ sloAttainment }) => sloAttainment);
    expect(measured.attainments).toEqual(attainments);
    expect(measured.lowestAttainment).toBe(Math.min(...attainments));
    expect(measured.onTime).toBe(runs[0]!.onTime + runs[1]!.onTime);
    expect(measured.sloAttainment).toBe(measured.onTime / 32);
    expect(measured.gpuUtilization).toBeCloseTo((runs[0]!.gpuUtilization + runs[1]!.gpuUtilization) / 2, 12);
  });
});

test('the answer reaches the target; the next smaller count was tried, and does not', async () => {
  const found = await foundBy(...small, '--policy', 'horizon,edf', '--target', '0.9');
  expect(found.map(({ policy }) => policy)).toEqual(['horizon', 'edf']);
  for (const { gpus, trials } of found) {
    const index = trials.findIndex((trial) => trial.gpus === gpus);
    expect(index).toBeGreaterThan(0);
    for (const [position, { measured }] of trials.entries()) {
      if (position === index - 1) expect(measured.sloAttainment).toBeLessThan(0.9);
      if (position >= index) expect(measured.sloAttainment).toBeGreaterThanOrEqual(0.9);
    }
  }
});

test('worker threads find the same', async () => {
  const argv = [...small, '--policy', 'edf,tetriserve', '--json'];
  const threaded = await run([...argv, '--jobs', '2']);
  expect(threaded).toMatchObject({ code: 0, stderr: '' });
  expect(threaded.stdout).toBe((await run(argv)).stdout);
});

test('for people, there are a table and a chart', async () => {
  const { code, stdout, stderr } = await run([...small, '--policy', 'horizon,fixed-8', '--seeds', '2']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('16 requests of 8 steps, 60 a minute (poisson), uniform mix, seeds 1 to 2\n');
  expect(stdout).toContain('The fewest GPUs that meet 95 % of all deadlines, out of 1, 2, 4, 8, 12, 16:');
  expect(stdout).toMatch(/^horizon +\d+ +\d+\.\d % +\d+\.\d % +\d+\.\d % +\d+: \d+\.\d %$/m);
  // Groups of 8 fit no domain of 4.
  expect(stdout).toMatch(/^fixed-8 +over 16 +0\.0 % +0\.0 % +0\.0 % +-$/m);
  expect(stdout).toMatch(/^100┤/m);
  expect(stdout).toMatch(/^● horizon {2}○ fixed-8 .*┈ target 95 %$/m);
  expect(stdout).not.toMatch(/ $/m);
});

test('a target that no policy reaches is an outcome with an exit code of its own', async () => {
  const argv = [...small, '--slo-scale', '0.01', '--policy', 'edf'];
  const { code, stdout, stderr } = await run(argv);
  expect({ code, stderr }).toEqual({ code: 3, stderr: '' });
  expect(stdout).toMatch(/^edf +over 16 +0\.0 % +\d+\.\d % +-$/m);
  expect(await foundBy(...argv)).toMatchObject([{ policy: 'edf', gpus: null }]);
});

test('counts of one’s own', async () => {
  const argv = ['capacity', '--requests', '10', '--steps', '5', '--gpus', '3,6', '--jobs', '1'];
  const [found] = await foundBy(...argv, '--target', '0.000001', '--seeds', '1');
  expect(found!.gpus).toBe(3);
  expect(found!.trials.map(({ gpus }) => gpus)).toEqual([3, 6]);
});

test('--chart draws what was tried, the same each time', async () => {
  const file = join(temporaryFolder(), 'chart.svg');
  const argv = [...small, '--policy', 'edf,tetriserve', '--chart', file];
  const { stdout } = await run(argv);
  expect(stdout).toContain(`Wrote ${file}\n`);
  const svg = readFileSync(file, 'utf8');
  expect(XMLValidator.validate(svg)).toBe(true);
  expect(svg).toContain('<title>SLO attainment by GPU count</title>');
  for (const text of ['edf', 'tetriserve', 'target', 'GPUs']) expect(svg).toContain(`>${text}</text>`);
  await run(argv);
  expect(readFileSync(file, 'utf8')).toBe(svg);
});

test('a bar tells how many runs there are, at most', async () => {
  let nowMs = 0;
  const { stderr } = await run(small, { isTTY: true, clockMs: () => (nowMs += 1000) });
  expect(stderr).toContain('1 of at most 6 runs');
  expect((await run([...small, '--json'], { isTTY: true, clockMs: () => (nowMs += 1000) })).stderr).toBe('');
});

describe('--trace', () => {
  const profile = builtinProfile('flux.1-dev_h100');
  const trace = createWorkload({
    ...{ profile, requests: 16, steps: 8, seed: 1, arrivals: poissonArrivals(60), slo: paperSlo(0.5) },
    mix: uniformMix(['256x256', '512x512', '1024x1024', '2048x2048']),
  });
  const counts = ['--domain-size', '4', '--max-gpus', '16', '--jobs', '1'];

  test('finds for a file what it finds for the workload in it', async () => {
    const file = temporaryFile(formatTrace(trace), 'trace.json');
    const [found] = await foundBy('capacity', ...counts, '--trace', file);
    expect(found).toEqual((await foundBy(...small))[0]);
  });

  test('of no requests is refused', async () => {
    const file = temporaryFile('{"schemaVersion":1,"requests":[]}', 'trace.json');
    const { code, stderr } = await run(['capacity', ...counts, '--trace', file]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('there are no requests') as string });
  });
});
