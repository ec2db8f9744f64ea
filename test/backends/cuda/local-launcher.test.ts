import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLocalLauncher, type LaunchedWorker, type WorkerExit } from '../../../src/backends/cuda/index.js';

let folder = '';
let ends: (() => void)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tetri-test-'));
});
afterEach(() => {
  for (const end of ends) end();
  ends = [];
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a shell script in the place of Python. */
function start(script: string, env: Readonly<Record<string, string>> = {}) {
  const python = join(folder, 'python');
  writeFileSync(python, `#!/bin/sh\n${script}\n`);
  chmodSync(python, 0o700);
  return launch(python, env);
}

function launch(python: string, env: Readonly<Record<string, string>> = {}) {
  const launcher = createLocalLauncher({ python, packageDirectory: '/some/package', env });
  const lines: string[] = [];
  let bytes = '';
  let worker!: LaunchedWorker;
  const exited = new Promise<WorkerExit>((resolve) => {
    worker = launcher.launch(4, {
      onBytes: (more) => (bytes += Buffer.from(more).toString()),
      onLog: (line) => lines.push(line),
      onExit: resolve,
    });
  });
  ends.push(
    () => worker.kill(),
    () => void launcher.close(),
  );
  return { launcher, worker, exited, lines, bytes: () => bytes };
}

async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('a worker on this machine', { timeout: 20_000 }, () => {
  it('is told who it is, and what it writes is read', async () => {
    const { exited, lines } = start('echo "$TETRI_RANK $PYTHONPATH $MORE $1 $2"; echo error >&2; exit 3', {
      MORE: 'm',
    });
    expect((await exited).detail.split('\n')[0]).toBe('it ended with exit code 3');
    expect(lines.sort()).toEqual(['4 /some/package m -m tetri_worker', 'error']);
  });

  it('speaks over a socket of its own, both ways', async () => {
    const { worker, exited, bytes } = start('head -c 5 <&3 >&3');
    worker.send(Buffer.from('hello'));
    await exited;
    expect(bytes()).toBe('hello');
    // Harmless after the end.
    worker.send(Buffer.from('hello'));
    worker.terminate();
    worker.kill();
  });

  it('says what it wrote last, though not all of it', async () => {
    const { exited, lines } = start('i=0; while [ $i -lt 100 ]; do i=$((i+1)); echo "line $i"; done; printf rest');
    const { detail } = await exited;
    expect(detail.split('\n')).toEqual([
      'it ended with exit code 0',
      ...Array.from({ length: 20 }, (_, index) => `line ${81 + index}`),
      'rest',
    ]);
    expect(lines).toHaveLength(100);
  });

  it('is read to the end, however much it writes and wherever, with or without lines', async () => {
    const { exited, lines } = start(
      'head -c 3000000 /dev/zero | tr "\\0" x; yes line | head -c 1000000; head -c 3000000 /dev/zero >&2; exit 2',
    );
    expect((await exited).detail.length).toBeLessThan(100_000);
    expect(lines.every(({ length }) => length < 2100)).toBe(true);
    expect(lines.filter((line) => line === 'line').length).toBeGreaterThan(199_000);
  });

  it('can be ended, gently or not', async () => {
    const gentle = start('trap "exit 5" TERM; echo ready; while :; do sleep 0.01; done');
    await until(() => gentle.lines.length > 0);
    gentle.worker.terminate();
    expect((await gentle.exited).detail).toContain('exit code 5');
    const stubborn = start('trap "" TERM; echo ready; while :; do sleep 0.01; done');
    await until(() => stubborn.lines.length > 0);
    stubborn.worker.terminate();
    stubborn.worker.kill();
    expect((await stubborn.exited).detail).toContain('it was ended by SIGKILL');
  });

  it('has ended also where a process that it started holds its pipes', async () => {
    const pidFile = join(folder, 'pid');
    const { exited } = start(`sleep 30 &\necho $! > ${pidFile}\nexit 3`);
    const { detail } = await exited;
    const pid = Number(readFileSync(pidFile, 'utf8'));
    ends.push(() => process.kill(pid, 'SIGKILL'));
    expect(detail).toBe('it ended with exit code 3');
    // It is still there, so it was not waited for.
    expect(process.kill(pid, 0)).toBe(true);
  });

  it('may not be there at all', async () => {
    expect(await launch('/nowhere/python3').exited).toEqual({
      detail: '/nowhere/python3 could not be started: spawn /nowhere/python3 ENOENT',
      isMissing: true,
    });
  });

  it('may be no program', async () => {
    const exit = await launch(folder).exited;
    expect(exit.detail).toContain('could not be started');
    expect(exit.isMissing).toBeUndefined();
  });

  it('may not start for reasons that are thrown, not told', async () => {
    let hasEnded = false;
    const { exited, worker } = start('echo hello', { LARGE: 'x'.repeat(2 ** 22) });
    void exited.then(() => (hasEnded = true));
    expect(hasEnded).toBe(false);
    worker.send(Buffer.from('hello'));
    expect((await exited).detail).toMatch(/could not be started: .*E2BIG/);
  });

  it('meets others in a folder that is its owner’s alone, and goes with its launcher', async () => {
    const { launcher, exited } = start('exit 0');
    const { rendezvous } = launcher;
    const directory = rendezvous.kind === 'file' ? rendezvous.directory : '';
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    await exited;
    await launcher.close();
    expect(existsSync(directory)).toBe(false);
    await launcher.close();
  });
});
