import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Backend } from '../../src/backends/index.js';
import { createSimulatedBackend, type SimulatedBackend } from '../../src/backends/simulated/index.js';
import { Failure } from '../../src/cli/failure.js';
import { InputError } from '../../src/cli/input-error.js';
import { measureToFile } from '../../src/cli/profile/measure-to-file.js';
import { parseMeasurePlan } from '../../src/measure/plan.js';
import { createCluster, TetriError } from '../../src/model/index.js';
import { parseProfile } from '../../src/profile/index.js';
import { createVirtualClock, type VirtualClock } from '../../src/simulation/index.js';
import { profileOf, square } from '../simulation/worlds.js';
import { createIo, run, temporaryFolder } from './run.js';

const truth = profileOf(
  square(64, { 1: 10 / 3, 2: 2 }, { encodeMs: 1, decodeMs: 4, batchStepMs: { 2: { 1: 6 } } }),
  square(128, { 1: 1600 }, { encodeMs: 1, decodeMs: 4 }),
);
const plan = parseMeasurePlan({
  ...{ model: 'toy', accelerator: 'none', shapes: ['64x64', '128x128'], degrees: [1, 2], batchSizes: [2] },
});

interface Attempt {
  readonly code: number | undefined;
  readonly error: unknown;
  readonly stdout: string;
  readonly stderr: string;
  readonly file: string;
  /** Whether the backend was closed, nothing is left of it, and interrupts do what they did before. */
  readonly isTidy: boolean;
}

/** Measures a simulated backend into a file, on virtual time. */
async function measure(
  options: {
    readonly isTTY?: boolean;
    readonly open?: Backend['open'];
    /** Called before the backend is opened. */
    readonly before?: (backend: SimulatedBackend, clock: VirtualClock, interrupt: () => void) => void;
  } = {},
): Promise<Attempt> {
  const file = join(temporaryFolder(), 'profile.json');
  const clock = createVirtualClock();
  const backend = createSimulatedBackend({ profile: truth, cluster: createCluster(2), clock });
  const interrupts = new Set<() => void>();
  let closed = 0;
  const { io, written } = createIo({
    isTTY: options.isTTY ?? false,
    clockMs: clock.nowMs,
    onInterrupt(callback) {
      interrupts.add(callback);
      return () => interrupts.delete(callback);
    },
  });
  const create = (): Backend => ({
    ...backend,
    ...(options.open && { open: options.open }),
    close() {
      closed++;
      return backend.close();
    },
  });
  options.before?.(backend, clock, () => interrupts.forEach((interrupt) => interrupt()));
  let isOver = false;
  const result = measureToFile(plan, file, create, io)
    .then((code) => ({ code, error: undefined }))
    .catch((error: unknown) => ({ code: undefined, error }))
    .finally(() => (isOver = true));
  await clock.advanceUntil(() => isOver);
  const isTidy = closed > 0 && backend.held() === 0 && clock.pending === 0 && interrupts.size === 0;
  return { ...(await result), ...written(), file, isTidy };
}

describe('a measurement', () => {
  test('ends in a file that the simulator takes, and a table', async () => {
    const { code, stdout, stderr, file, isTidy } = await measure();
    expect({ code, isTidy }).toEqual({ code: 0, isTidy: true });
    expect(stderr.split('\n').map((line) => line.replace(/ is left out.*/, ''))).toEqual([
      ...['tetri: a batch of 2 x 64x64 at degree 2', 'tetri: a batch of 2 x 128x128 at degree 1'],
      ...['tetri: 128x128 at degree 2', ''],
    ]);
    expect(stdout.split('\n')).toEqual([
      'toy on none',
      '',
      'shape       step at   step at   cv of   encode   decode',
      '           degree 1  degree 2  a step',
      '---------  --------  --------  ------  -------  -------',
      '64x64       3.33 ms   2.00 ms   0.0 %  1.00 ms  4.00 ms',
      '2 x 64x64   6.00 ms         -',
      '128x128     1600 ms         -   0.0 %  1.00 ms  4.00 ms',
      '',
      `Wrote ${file}`,
      '',
    ]);
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('"1": 3.33333,');
    expect(text).toMatch(/\n\}\n$/);
    expect(parseProfile(JSON.parse(text)).shapes.map(({ id, stepMs }) => ({ id, stepMs }))).toEqual([
      { id: '64x64', stepMs: [3.33333, 2] },
      { id: '128x128', stepMs: [1600] },
    ]);
    const simulated = await run(['simulate', '--profile', file, '--gpus', '2', '--requests', '5', '--noise']);
    expect(simulated).toMatchObject({ code: 0, stderr: '' });
    expect(simulated.stdout).toContain('toy on 2 x none, one NVLink domain; step times are measured\n');
  });

  test('tells somebody who watches how far it is, and how long it will take', async () => {
    const { stderr } = await measure({ isTTY: true });
    expect(stderr).toMatch(/^tetri: starting simulated and loading toy\n/);
    expect(stderr).toMatch(/ \d+ %, about \d+ s left/);
    expect((await measure()).stderr).not.toContain('%, about');
  });
});

describe('a measurement that fails', () => {
  test('does so in one line, closes the backend, and writes nothing', async () => {
    const before = ({ faults }: SimulatedBackend): void => faults.failNextChunk();
    const { error, stdout, stderr, file, isTidy } = await measure({ before });
    expect(error).toBeInstanceOf(Failure);
    expect(error).toMatchObject({ message: expect.stringMatching(/^64x64 at degree 1: .+$/) });
    expect({ stdout, stderr, isTidy }).toEqual({ stdout: '', stderr: '', isTidy: true });
    expect(existsSync(file)).toBe(false);
  });

  test.each([
    ['model-not-found', InputError],
    ['torch-missing', InputError],
    ['worker-failed', Failure],
    ['out-of-memory', Failure],
  ] as const)('because the backend does not open (%s) is closed too', async (code, kind) => {
    const open = (): Promise<never> =>
      Promise.reject(new TetriError(code, 'worker 0: it ended\n  in tears\nbuy another'));
    const { error, file, isTidy } = await measure({ open });
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({ message: 'worker 0: it ended; in tears; buy another' });
    expect({ isTidy, isWritten: existsSync(file) }).toEqual({ isTidy: true, isWritten: false });
  });

  test('by a mistake of ours is closed too', async () => {
    const { error, isTidy } = await measure({ open: () => Promise.reject(new RangeError('too far')) });
    expect(error).toBeInstanceOf(RangeError);
    expect(isTidy).toBe(true);
  });
});

describe('an interrupt', () => {
  test.each([0, 1, 100, 5000])('at %i ms closes the backend, and nothing is written', async (atMs) => {
    const { code, stdout, stderr, file, isTidy } = await measure({
      before: (_, clock, interrupt) => void clock.schedule(atMs, interrupt),
    });
    expect({ code, stdout, isTidy }).toEqual({ code: 130, stdout: '', isTidy: true });
    expect(stderr).toBe('tetri: interrupted; nothing was written\n');
    expect(existsSync(file)).toBe(false);
  });

  test('while it opens does so too', async () => {
    let interrupt = (): void => undefined;
    const { code, isTidy } = await measure({
      before: (_backend, _clock, byHand) => (interrupt = byHand),
      open() {
        interrupt();
        return Promise.reject(new TetriError('backend-closed', 'the backend was closed'));
      },
    });
    expect({ code, isTidy }).toEqual({ code: 130, isTidy: true });
  });
});
