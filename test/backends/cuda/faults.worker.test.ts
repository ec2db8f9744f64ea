import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { BackendEvent } from '../../../src/backends/index.js';
import { createCudaBackend, type WorkerLauncher } from '../../../src/backends/cuda/index.js';
import { createScheduler } from '../../../src/scheduler/index.js';
import { profileOf, square } from '../../simulation/worlds.js';
import { createProcessPool, realLauncher } from './process-pool.js';
import { watch } from './scripted-setup.js';
import { isThere, kill, tapLauncher } from './tapped-launcher.js';

/** What each test leaves behind, also when it fails. */
let cleanUps: (() => unknown)[] = [];

async function until(what: () => boolean, withinMs = 120_000): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!what()) {
    if (performance.now() > endMs) throw new Error(`never became true: ${what.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const heartbeatTimeoutMs = 3000;

/** A backend on CPU workers that a test can get at. */
function createTapped(launcher: WorkerLauncher, worldSize: number) {
  const tap = tapLauncher(launcher);
  const log: string[] = [];
  const backend = createCudaBackend({
    model: { adapter: 'tiny-flux' },
    ...{ device: 'cpu', worldSize, threads: 1, testing: true, launcher: tap.launcher },
    ...{ heartbeatTimeoutMs, collectiveTimeoutMs: 20_000, restartDelayMs: 10 },
    onLog: (line, gpu) => log.push(`${gpu}: ${line}`),
  });
  cleanUps.push(async () => {
    const closed = watch(backend.close());
    try {
      await until(() => closed.status !== 'pending');
    } catch (error) {
      tap.killAll();
      throw error;
    }
  });
  return { tap, backend, log };
}

/** An open one, and short names for its calls. */
async function open(launcher: WorkerLauncher) {
  // Always as many, so that the processes of one test serve the next one.
  const tapped = createTapped(launcher, 3);
  const { backend, tap } = tapped;
  const events: string[] = [];
  const details: string[] = [];
  await backend.open((event: BackendEvent) => {
    events.push(event.type === 'lost' ? 'lost' : `${event.type} ${event.gpu}`);
    if (event.type === 'gpu-lost') details.push(event.detail);
  });
  const { signal } = new AbortController();
  return {
    ...{ ...tapped, events, details },
    prepare: (requestId: string, gpu = 0, steps = 500) =>
      backend.prepare({
        ...{ requestId, shape: '64x64', steps, startStep: 0, gpu, signal },
        payload: { prompt: requestId, seed: 1 },
      }),
    run: (
      requestId: string,
      gpus: readonly number[],
      fromStep: number,
      steps: number,
      onStep?: (done: number) => void,
    ) => backend.run({ members: [{ requestId, fromStep }], steps, gpus, signal, ...(onStep && { onStep }) }),
    finish: (requestId: string, gpu: number) => backend.finish({ requestId, gpu, signal }),
    /** Steps that take so much longer that a test can happen between them. */
    slow: async (milliseconds: number, ...ranks: readonly number[]) => {
      for (const rank of ranks) await tap.inject(rank, { kind: 'slow', milliseconds });
    },
  };
}

afterEach(async () => {
  const all = cleanUps.reverse();
  cleanUps = [];
  for (const cleanUp of all) await cleanUp();
}, 150_000);

describe.skipIf(!inject('canRunWorkers'))('workers that fail', { timeout: 180_000 }, () => {
  const pool = createProcessPool();
  beforeAll(() => pool.warmUp(4));
  beforeEach(() => pool.warmUp(1));
  afterAll(() => pool.dispose());

  it('are replaced when they are killed in the middle of a chunk, and take nothing else with them', async () => {
    const { tap, prepare, run, finish, slow, events } = await open(pool.launcher);
    await prepare('a');
    await prepare('b', 2);
    await slow(20, 0, 2);
    const other = watch(run('b', [2], 0, 60));
    let steps = 0;
    const ran = watch(run('a', [0, 1], 0, 400, (done) => (steps = done)));
    await until(() => steps >= 3);
    const pid = tap.pidOf(1);
    kill(pid, 'SIGKILL');
    await until(() => ran.status !== 'pending');
    expect(ran.error).toMatchObject({ code: 'gpu-lost', state: 'intact', gpus: [1] });
    // The survivor can go on at once.
    await slow(0, 0);
    expect(await run('a', [0], 0, 2)).toMatchObject({ steps: 2 });
    await until(() => other.status !== 'pending');
    expect(other.value?.steps).toBe(60);
    await slow(0, 2);
    await until(() => events.includes('gpu-back 1'));
    expect(events).toEqual(['gpu-lost 1', 'gpu-back 1']);
    expect(isThere(pid)).toBe(false);
    expect(tap.pidOf(1)).not.toBe(pid);
    expect(await run('a', [0, 1], 2, 498)).toMatchObject({ steps: 498 });
    expect((await finish('a', 1)).contentType).toBe('image/png');
  });

  it('are taken for lost when they are stopped in the middle of a chunk, and not left behind', async () => {
    const { tap, prepare, run, slow, events, details } = await open(pool.launcher);
    await prepare('a');
    await prepare('b', 2);
    await slow(20, 0);
    let steps = 0;
    const ran = watch(run('a', [0, 1], 0, 400, (done) => (steps = done)));
    await until(() => steps >= 3);
    const pid = tap.pidOf(1);
    cleanUps.push(() => kill(pid, 'SIGKILL'));
    kill(pid, 'SIGSTOP');
    expect(await run('b', [2], 0, 20)).toMatchObject({ steps: 20 });
    await until(() => ran.status !== 'pending');
    expect(ran.error).toMatchObject({ code: 'gpu-lost', state: 'intact', gpus: [1] });
    expect(details).toEqual(['it said nothing for 3000 ms']);
    await until(() => !isThere(pid));
    await slow(0, 0);
    expect(await run('a', [0, 2], 0, 2)).toMatchObject({ steps: 2 });
    await until(() => events.includes('gpu-back 1'));
    expect(await run('a', [0, 1], 2, 2)).toMatchObject({ steps: 2 });
  });

  it('may write as much as they like', async () => {
    const { tap, prepare, run, events, log } = await open(pool.launcher);
    await prepare('a');
    const ran = run('a', [0, 1], 0, 100);
    // Much more than a pipe holds: whoever did not read it to the end would never get an answer.
    await Promise.all([0, 1].map((rank) => tap.inject(rank, { kind: 'stdout', bytes: 20_000_000 })));
    expect(await ran).toMatchObject({ steps: 100 });
    expect(events).toEqual([]);
    expect(log.every(({ length }) => length < 3000)).toBe(true);
    expect(log.filter((line) => line.includes('xxxx')).length).toBeGreaterThan(100);
  });

  it.each([
    ['bytes that are no frame', 'garbage', 'it broke the protocol: these bytes are no frame'],
    ['a frame that is too large', 'oversized', 'it broke the protocol: a body of 1073741825 bytes; 1073741824 at most'],
    ['half a frame, and end', 'truncated', 'it ended with exit code 1'],
    ['that they cannot go on', 'fatal', 'a fault was injected'],
  ])('are replaced when they write %s', async (_, kind, why) => {
    const { tap, prepare, run, events, log } = await open(pool.launcher);
    await prepare('a');
    expect(await run('a', [0, 1], 0, 2)).toMatchObject({ steps: 2 });
    const pid = tap.pidOf(1);
    await tap.inject(1, { kind });
    await until(() => events.includes('gpu-back 1'));
    expect(events).toEqual(['gpu-lost 1', 'gpu-back 1']);
    const [lost = ''] = log.filter((line) => line.startsWith('1: lost: '));
    // What it wrote last may stand there as well.
    expect(lost).toContain(why);
    expect(isThere(pid)).toBe(false);
    expect(await run('a', [0, 1], 2, 2)).toMatchObject({ steps: 2 });
  });

  it('leave nothing with the others', () => {
    expect(pool.leaks).toBe(0);
  });
});

describe.skipIf(!inject('canRunWorkers'))('workers whose parent is killed', { timeout: 180_000 }, () => {
  it('end, also in the middle of a chunk', async () => {
    const program = fileURLToPath(new URL('parent.ts', import.meta.url));
    const parent = spawn(process.execPath, ['--import', 'tsx', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    cleanUps.push(() => parent.kill('SIGKILL'));
    let output = '';
    parent.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    await until(() => output.endsWith('\n') || parent.exitCode !== null, 120_000);
    const { pids, directory } = JSON.parse(output) as { pids: number[]; directory: string };
    cleanUps.push(() => rmSync(directory, { recursive: true, force: true }));
    cleanUps.push(() => pids.forEach((pid) => kill(pid, 'SIGKILL')));
    expect(pids.map(isThere)).toEqual([true, true]);
    parent.kill('SIGKILL');
    await until(() => !pids.some(isThere), 10_000);
    expect(pids.map(isThere)).toEqual([false, false]);
  });
});

describe.skipIf(!inject('canRunWorkers'))('a scheduler on workers', { timeout: 180_000 }, () => {
  it('completes every request though a worker is killed in the middle', async () => {
    const { tap, backend, log } = createTapped(realLauncher(), 2);
    const errors: string[] = [];
    const scheduler = await createScheduler({
      backend,
      profile: profileOf(square(64, { 1: 60, 2: 40 }, { encodeMs: 20, decodeMs: 20 })),
      onError: (error, where) => errors.push(`${where}: ${String(error)}`),
    });
    cleanUps.push(() => scheduler.close());
    for (const rank of [0, 1]) await tap.inject(rank, { kind: 'slow', milliseconds: 30 });
    const handles = Array.from({ length: 6 }, (_, index) =>
      scheduler.submit(
        { id: `r${index}`, shape: '64x64', steps: 20, deadlineMs: scheduler.nowMs() + 1500 + 1000 * index },
        { payload: { prompt: `picture ${index}`, seed: index } },
      ),
    );
    // In the middle of a chunk that it has a part in.
    let pid = 0;
    for await (const progress of handles[0]!.progress) {
      if (progress.status !== 'running' || progress.stepsDone < 3) continue;
      pid = tap.pidOf(progress.gpus.at(-1)!);
      break;
    }
    kill(pid, 'SIGKILL');
    const outcomes = await Promise.all(handles.map(({ outcome }) => outcome));
    expect(outcomes.map(({ status }) => status)).toEqual(handles.map(() => 'completed'));
    expect(log.filter((line) => line.includes('lost: '))).toHaveLength(1);
    expect(errors).toEqual([]);
    expect(backend.held()).toBe(0);
    await until(() => scheduler.status().gpus.every(({ state }) => state !== 'lost'));
    await scheduler.close();
    expect(tap.alive()).toBe(0);
    expect(isThere(pid)).toBe(false);
  });
});
