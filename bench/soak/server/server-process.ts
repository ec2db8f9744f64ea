import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** The image server of the examples as a process of its own. */
export interface ServerProcess {
  /** Where it listens. */
  readonly url: string;
  /** Stops it by SIGTERM. @returns the code it ended with; `null` if it was a signal */
  stop(): Promise<number | null>;
  /** Ends it, whatever it does. Harmless when it has ended. */
  kill(): void;
}

/** How long it may take to listen, or to end, in ms. */
const patienceMs = 60_000;

/** @param flags - of the server */
export async function startServerProcess(flags: readonly string[]): Promise<ServerProcess> {
  // Garbage is collected every second, so that what is left of the heap tells something.
  const collect = ['--expose-gc', '--import', 'data:text/javascript,setInterval(gc, 1000).unref()'];
  const args = [...collect, '--import', 'tsx', 'examples/image-server/main.ts', '--port', '0', ...flags];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const kill = (): void => void child.kill('SIGKILL');
  // Whatever ends this process ends that one.
  process.once('exit', kill);
  const exited = once(child, 'exit') as Promise<[number | null]>;
  exited.catch(() => undefined);
  try {
    const url = await within(addressOf(child, exited), 'did not listen');
    return {
      url,
      kill,
      async stop() {
        child.kill('SIGTERM');
        const [code] = await within(exited, 'did not end');
        return code;
      },
    };
  } catch (error) {
    kill();
    throw error;
  }
}

/** Where it says it listens. What it says afterwards is read as well: nobody can write into a pipe for ever that nobody reads. */
function addressOf({ stdout }: ChildProcess, exited: Promise<[number | null]>): Promise<string> {
  return new Promise((resolve, reject) => {
    createInterface(stdout!).on('line', (line) => {
      const listening = /listening at (http:[^"]+)/.exec(line);
      if (listening !== null) resolve(listening[1]!);
    });
    exited.then(([code]) => reject(new Error(`the server ended with ${code}`)), reject);
  });
}

async function within<T>(something: Promise<T>, otherwise: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the server ${otherwise} in ${patienceMs / 1000} s`)), patienceMs);
  });
  try {
    return await Promise.race([something, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
