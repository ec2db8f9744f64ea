import { describe, expect, test } from 'vitest';
import { createCluster } from '../../src/model/index.js';
import { createPolicy, policyNames } from '../../src/policies/index.js';
import { builtinProfile, builtinProfileNames } from '../../src/profile/index.js';
import {
  createWorkload,
  fastestSlo,
  formatTrace,
  paperSlo,
  poissonArrivals,
  simulate,
  summarize,
  uniformMix,
  type RunSummary,
} from '../../src/simulation/index.js';
import { run, small, temporaryFile } from './run.js';

async function runsOf(...argv: readonly string[]): Promise<readonly RunSummary[]> {
  const { code, stdout, stderr } = await run([...argv, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return (JSON.parse(stdout) as { runs: readonly RunSummary[] }).runs;
}

const profile = builtinProfile('flux.1-dev_h100');
const paperShapes = ['256x256', '512x512', '1024x1024', '2048x2048'];

describe('--json', () => {
  test('prints one line of JSON with these fields and no others', async () => {
    const { code, stdout, stderr } = await run([...small, '--json', '--policy', 'tetriserve']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^\{.*\}\n$/);
    const number: unknown = expect.any(Number);
    const shape = { requests: number, onTime: number, sloAttainment: number };
    expect(JSON.parse(stdout)).toStrictEqual({
      runs: [
        {
          policy: 'tetriserve',
          requests: 20,
          onTime: number,
          sloAttainment: number,
          meanLatencyMs: number,
          p50LatencyMs: number,
          p99LatencyMs: number,
          gpuUtilization: number,
          perShape: Object.fromEntries(paperShapes.map((id) => [id, { ...shape, meanLatencyMs: number }])),
          planning: { count: number, meanUs: 0, p99Us: 0 },
        },
      ],
    });
  });

  test('says what the library says', async () => {
    const trace = createWorkload({
      ...{ profile, requests: 40, steps: 28, seed: 3, arrivals: poissonArrivals(30) },
      ...{ mix: uniformMix(paperShapes), slo: paperSlo(1.2) },
    });
    const cluster = createCluster(8);
    const expected = summarize(simulate({ trace, profile, cluster, policy: createPolicy('edf') }), trace, cluster);
    const argv = ['--requests', '40', '--seed', '3', '--rate', '30', '--slo-scale', '1.2', '--policy', 'edf'];
    expect(await runsOf('simulate', ...argv)).toEqual([expected]);
  });

  test('is the same each time apart from planning times, which come from the clock', async () => {
    let nowMs = 0;
    const argv = [...small, '--noise', '--policy', 'all', '--json'];
    const first = await run(argv);
    const second = await run(argv, { clockMs: () => (nowMs += 2) });
    const withoutTimes = (text: string): string => text.replace(/"(mean|p99)Us":[\d.]+/g, '');
    expect(withoutTimes(second.stdout)).toBe(withoutTimes(first.stdout));
    expect(second.stdout).toContain('"meanUs":2000,');
    expect((await run([...argv, '--seed', '2'])).stdout).not.toBe(first.stdout);
  });
});

describe('policies', () => {
  test('may be repeated, separated by commas, and stand twice', async () => {
    const runs = await runsOf(...small, '--policy', 'edf,srpt', '--policy', 'tetriserve', '--policy', 'edf');
    expect(runs.map(({ policy }) => policy)).toEqual(['edf', 'srpt', 'tetriserve']);
  });

  test('are all there', async () => {
    expect((await runsOf(...small, '--policy', 'all')).map(({ policy }) => policy)).toEqual(policyNames);
  });

  test('that can run nothing end, with all requests unfinished', async () => {
    const argv = [...small, '--gpus', '4', '--policy', 'fixed-8'];
    expect(await runsOf(...argv)).toMatchObject([{ requests: 20, onTime: 0, meanLatencyMs: null, gpuUtilization: 0 }]);
    expect((await run(argv)).stdout).toContain('fixed-8 never ran 20 requests to their end.\n');
    // Nobody starves if that is asked for.
    const [served] = await runsOf(...argv, '--starvation-ms', '5000');
    expect(served).toMatchObject({ requests: 20, onTime: 0 });
    expect(served?.meanLatencyMs).toBeGreaterThan(5000);
  });

  test('of a degree that the profile lacks run at a smaller one', async () => {
    const runs = await runsOf(...small, '--profile', 'qwen-image_h20', '--policy', 'fixed-8');
    expect(runs[0]?.meanLatencyMs).toBeGreaterThan(0);
  });
});

describe('for people', () => {
  test('says what was run, with the rule for deadlines, above a line for each policy', async () => {
    const { code, stdout } = await run([...small, '--policy', 'fixed-8,tetriserve']);
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    expect(lines[0]).toBe('flux.1-dev on 8 x NVIDIA H100 SXM (NVLink), one NVLink domain; step times are estimated');
    expect(lines[1]).toBe('20 requests of 10 steps, 12 a minute (poisson), uniform mix, seed 1');
    expect(lines[2]).toBe(
      "Deadlines (--slo-base paper): the paper's SLO x 1: 256x256 1.5 s, 512x512 2 s, 1024x1024 3 s, 2048x2048 5 s",
    );
    expect(lines[4]).toMatch(/^policy +SLO met +256x256 +512x512 +1024x1024 +2048x2048 +mean/);
    expect(lines[7]).toMatch(/^fixed-8 +\d+\.\d %( +\d+\.\d %){4}( +\d+\.\d\d s){3} +\d+\.\d % +0\.00 ms +0\.00 ms$/);
    expect(lines[8]).toMatch(/^tetriserve +/);
    expect(stdout).not.toContain('\u001b');
  });

  test('shows a bar only if somebody watches and it takes long', async () => {
    let nowMs = 0;
    const slow = (): number => (nowMs += 100);
    expect((await run(small, { isTTY: true })).stderr).toBe('');
    expect((await run(small, { clockMs: slow })).stderr).toBe('');
    expect((await run([...small, '--json'], { isTTY: true, clockMs: slow })).stderr).toBe('');
    expect((await run(small, { isTTY: true, clockMs: slow })).stderr).toContain('of 20 requests');
  });
});

describe('deadlines', () => {
  test.each([
    [[], "--slo-base paper): the paper's SLO x 1:"],
    [['--slo-scale', '1.5'], "--slo-base paper): the paper's SLO x 1.5: 256x256 2.25 s,"],
    [['--slo-base', 'fastest'], '--slo-base fastest): 2 x the fastest possible latency: 256x256 1.18 s,'],
    [['--slo-base', 'fastest', '--slo-scale', '3'], '--slo-base fastest): 3 x'],
    // 28 steps of 2048x2048 take 6 s on four GPUs.
    [['--gpus', '4'], '--slo-base fastest): 2 x'],
    [['--gpus', '8', '--domain-size', '4'], '--slo-base fastest): 2 x'],
    [['--gpus', '4', '--slo-base', 'paper'], "--slo-base paper): the paper's SLO x 1:"],
    [['--gpus', '1', '--shapes', '256x256'], "--slo-base paper): the paper's SLO x 1: 256x256 1.5 s\n"],
    [['--shapes', '640x640'], '--slo-base fastest): 2 x'],
    [['--steps', '100'], '--slo-base fastest): 2 x'],
    [['--profile', 'flux.1-dev_l20'], '--slo-base fastest): 2 x'],
  ])('%j: %s', async (argv, expected) => {
    const { code, stdout } = await run(['simulate', '--requests', '2', ...argv]);
    expect(code).toBe(0);
    expect(stdout).toContain(expected);
  });
});

describe('workloads', () => {
  test.each(builtinProfileNames)('run on %s', async (name) => {
    const [summary] = await runsOf('simulate', '--requests', '10', '--profile', name, '--rate', '1');
    expect(summary?.requests).toBe(10);
  });

  test.each(
    ['uniform', 'skewed', 'drifting'].flatMap((mix) => ['poisson', 'constant', 'bursts'].map((a) => [mix, a] as const)),
  )('mix %s, arrivals %s', async (mix, arrivals) => {
    const [summary] = await runsOf(...small, '--workload', mix, '--arrivals', arrivals);
    expect(summary?.requests).toBe(20);
  });

  test('hold the shapes that are asked for', async () => {
    const [summary] = await runsOf(...small, '--shapes', '512x512, 768x512');
    expect(Object.keys(summary?.perShape ?? {}).sort()).toEqual(['512x512', '768x512']);
  });

  test('may be a trace', async () => {
    const trace = createWorkload({
      ...{ profile, requests: 30, steps: 20, seed: 5, arrivals: poissonArrivals(60) },
      ...{ mix: uniformMix(paperShapes), slo: fastestSlo(2) },
    });
    const cluster = createCluster(4, 2);
    const expected = summarize(simulate({ trace, profile, cluster, policy: createPolicy('edf') }), trace, cluster);
    const file = temporaryFile(`\uFEFF${formatTrace(trace)}`);
    const argv = ['simulate', '--trace', file, '--gpus', '4', '--domain-size', '2', '--policy', 'edf'];
    expect(await runsOf(...argv)).toEqual([expected]);
    expect((await run(argv)).stdout).toContain(`30 requests of ${file}\n`);
  });

  test('may be empty', async () => {
    const file = temporaryFile('{"schemaVersion":1,"requests":[]}');
    for (const argv of [
      ['--trace', file],
      ['--requests', '0'],
    ]) {
      expect(await runsOf('simulate', ...argv)).toMatchObject([{ requests: 0, sloAttainment: 1, perShape: {} }]);
      expect((await run(['simulate', ...argv])).code).toBe(0);
    }
  });
});

describe('noise', () => {
  test('is off, or that of the profile, or as strong as one likes', async () => {
    const mean = async (...argv: readonly string[]): Promise<number | null | undefined> =>
      (await runsOf(...small, '--policy', 'fixed-1', '--rate', '1', ...argv))[0]?.meanLatencyMs;
    const [none, zero, profiled, same, strong] = [
      ...[await mean(), await mean('--noise', '0'), await mean('--noise')],
      ...[await mean('--noise'), await mean('--noise', '0.2')],
    ];
    expect(zero).toBe(none);
    expect(same).toBe(profiled);
    expect(profiled).not.toBe(none);
    expect(Math.abs(strong! - none!)).toBeGreaterThan(Math.abs(profiled! - none!));
  });

  test('is that of the paper where the profile has none', async () => {
    const argv = [...small, '--profile', 'flux.1-dev_l20', '--policy', 'fixed-1'];
    const [without] = await runsOf(...argv);
    const [implied] = await runsOf(...argv, '--noise');
    const [explicit] = await runsOf(...argv, '--noise', '0.007');
    expect(implied).toEqual(explicit);
    expect(implied).not.toEqual(without);
  });
});
