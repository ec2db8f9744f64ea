import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { createLastLines } from './last-lines.js';
import type { LaunchedWorker, WorkerLauncher, WorkerListener } from './launcher.js';

/**
 * What local workers are started with.
 *
 * @experimental
 */
export interface LocalLauncherOptions {
  /** The Python that runs them. */
  readonly python: string;
  /** The folder of the worker package. */
  readonly packageDirectory: string;
  /** Added to the environment of this process. */
  readonly env: Readonly<Record<string, string>>;
}

const keptLines = 20;
/** How long after its exit what a worker wrote last is waited for: a process that it started may hold its pipes for ever. */
const lastWordsMs = 1000;

/**
 * Workers as processes on this machine, each with a socket of its own that nobody else can reach: file descriptor 3, inherited. They end
 * when this process does, since that closes it.
 *
 * @experimental
 */
export function createLocalLauncher({ python, packageDirectory, env }: LocalLauncherOptions): WorkerLauncher {
  // Made with access for its owner alone.
  const directory = mkdtempSync(join(tmpdir(), 'tetri-'));

  const launch = (rank: number, listener: WorkerListener): LaunchedWorker => {
    let child: ChildProcess;
    try {
      child = spawn(python, ['-m', 'tetri_worker'], {
        stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
        env: { ...process.env, PYTHONPATH: packageDirectory, PYTHONUNBUFFERED: '1', TETRI_RANK: String(rank), ...env },
      });
    } catch (error) {
      // What is wrong with the machine is told as an event, but not all of it: no memory, an environment that is too large.
      const detail = `${python} could not be started: ${String(error)}`;
      setImmediate(() => listener.onExit({ detail }));
      return { send: () => undefined, terminate: () => undefined, kill: () => undefined };
    }
    // Where there are no more descriptors there are no streams either, whatever the types say.
    const stdio = child.stdio as ChildProcess['stdio'] | undefined;
    const control = stdio?.[3] as Duplex | null | undefined;
    const log = createLastLines(keptLines, listener.onLog);
    const written = [stdio?.[1], stdio?.[2]] as (Readable | null | undefined)[];
    // Read to the end, whoever listens: a worker must not stand still because nobody reads what it writes.
    for (const stream of written) {
      stream?.setEncoding('utf8').on('data', (text: string) => log.push(text));
    }
    control?.on('data', listener.onBytes);
    // A broken pipe is known by the exit that goes with it.
    control?.on('error', () => undefined);

    let isOver = false;
    let error: NodeJS.ErrnoException | undefined;
    const end = (how: string): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(lastWords);
      for (const stream of [control, ...written]) stream?.destroy();
      const detail = [how, ...log.lines()].join('\n');
      listener.onExit({ detail, ...(error?.code === 'ENOENT' && { isMissing: true }) });
    };
    child.on('error', (cause: NodeJS.ErrnoException) => {
      error = cause;
      if (child.pid === undefined) end(`${python} could not be started: ${cause.message}`);
    });
    let lastWords: NodeJS.Timeout | undefined;
    const onEnd = (code: number | null, signal: NodeJS.Signals | null): void => {
      end(signal === null ? `it ended with exit code ${String(code)}` : `it was ended by ${signal}`);
    };
    child.on('exit', (code, signal) => {
      lastWords = setTimeout(onEnd, lastWordsMs, code, signal);
    });
    // What it wrote last has been read.
    child.on('close', onEnd);
    const signalTo = (signal: NodeJS.Signals): void => {
      if (!isOver && isRunning(child)) child.kill(signal);
    };
    return {
      send(bytes) {
        if (!isOver && control?.writable === true) control.write(bytes);
      },
      terminate: () => signalTo('SIGTERM'),
      kill: () => signalTo('SIGKILL'),
    };
  };

  return {
    rendezvous: { kind: 'file', directory },
    launch,
    close: () => rm(directory, { recursive: true, force: true }),
  };
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}
