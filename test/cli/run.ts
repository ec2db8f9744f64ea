import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { runCli } from '../../src/cli/run-cli.js';

/** What a command left behind. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a command is run with; by default nothing on stdin and nobody at a terminal. */
export interface Surroundings {
  readonly stdin?: string;
  readonly isTTY?: boolean;
  readonly clockMs?: () => number;
  readonly debug?: boolean;
}

/** Runs the command line in this process. */
export async function run(argv: readonly string[], surroundings: Surroundings = {}): Promise<Ended> {
  const { stdin = '', isTTY = false, clockMs = () => 0, debug = false } = surroundings;
  let [stdout, stderr] = ['', ''];
  const errors = new Writable({
    decodeStrings: false,
    write: (chunk: string, _encoding, done) => {
      stderr += chunk;
      done();
    },
  });
  const code = await runCli(argv, {
    stdout: { write: (text) => (stdout += text) },
    stderr: Object.assign(errors, { isTTY }),
    stdinIsTerminal: () => isTTY,
    readStdin: () => Promise.resolve(stdin),
    clockMs,
    debug,
  });
  return { code, stdout, stderr };
}

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tetri-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A file that is gone after the test. */
export function temporaryFile(text: string, name = 'input.json'): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text);
  return path;
}

/** A workload that takes no time to simulate. */
export const small: readonly string[] = ['simulate', '--requests', '20', '--steps', '10'];
