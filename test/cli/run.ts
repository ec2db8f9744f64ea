import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { expect, onTestFinished } from 'vitest';
import type { CliIo } from '../../src/cli/cli-io.js';
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
  readonly onInterrupt?: (callback: () => void) => () => void;
}

/** What a command line talks to, and what it wrote so far. */
export function createIo(surroundings: Surroundings = {}): {
  readonly io: CliIo;
  readonly written: () => Omit<Ended, 'code'>;
} {
  const { stdin = '', isTTY = false, clockMs = () => 0, debug = false } = surroundings;
  const { onInterrupt = () => () => undefined } = surroundings;
  let [stdout, stderr] = ['', ''];
  const errors = new Writable({
    decodeStrings: false,
    write: (chunk: string, _encoding, done) => {
      stderr += chunk;
      done();
    },
  });
  const io: CliIo = {
    stdout: { write: (text) => (stdout += text) },
    stderr: Object.assign(errors, { isTTY }),
    stdinIsTerminal: () => isTTY,
    readStdin: () => Promise.resolve(stdin),
    ...{ clockMs, onInterrupt, debug },
  };
  return { io, written: () => ({ stdout, stderr }) };
}

/** Runs the command line in this process. */
export async function run(argv: readonly string[], surroundings: Surroundings = {}): Promise<Ended> {
  const { io, written } = createIo(surroundings);
  const code = await runCli(argv, io);
  return { code, ...written() };
}

/** Exit code 2, nothing on stdout, and one line on stderr that says what is wrong. */
export async function expectRefused(
  argv: readonly string[],
  why: RegExp | string,
  surroundings: Surroundings = {},
): Promise<void> {
  const { code, stdout, stderr } = await run(argv, surroundings);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^tetri: .+\n$/);
  expect(stderr).not.toMatch(/^\s+at |internal/m);
  if (typeof why === 'string') expect(stderr).toContain(why);
  else expect(stderr).toMatch(why);
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
