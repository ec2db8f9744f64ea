import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';
import { describeSelf } from '../../../src/scheduler/journal/file/process-life.js';
import { fileJournal } from '../../../src/scheduler/journal/file-journal.js';
import { filesForTests } from './places.js';
import { numbered, submitted } from './records.js';

const newFile = filesForTests();
let program = '';

beforeAll(async () => {
  program = `${newFile()}.mjs`;
  await build({
    entryPoints: ['test/scheduler/journal/child.ts'],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'warning',
  });
});

class Child {
  readonly process: ChildProcess;
  #said = '';
  readonly #isOver: Promise<unknown>;

  constructor(...args: readonly string[]) {
    this.process = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.process.stdout!.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
    this.#isOver = once(this.process, 'close');
  }

  /** The lines it has said so far, the last one only if it is whole. */
  get said(): readonly string[] {
    return this.#said.split('\n').slice(0, -1);
  }

  async first(): Promise<string> {
    while (this.said.length === 0 && this.process.exitCode === null) await sleep(5);
    await sleep(0);
    return this.said[0] ?? '';
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.#isOver;
  }

  async end(): Promise<void> {
    this.process.stdin!.end();
    await this.#isOver;
  }
}

const opens = async (file: string): Promise<string> => {
  const journal = fileJournal(file);
  try {
    await journal.open();
    expect(readFileSync(`${file}.lock`, 'utf8')).toBe(describeSelf());
    return 'open';
  } catch (error) {
    return (error as { code: string }).code;
  } finally {
    await journal.close();
  }
};

describe('the lock', { timeout: 60_000 }, () => {
  test('is held as long as its process lives, and no longer', async () => {
    const file = newFile();
    const child = new Child('hold', file);
    expect(await child.first()).toBe('open');
    await expect(fileJournal(file).open()).rejects.toMatchObject({
      code: 'journal-locked',
      path: file,
      message: `${file}: process ${child.process.pid} uses the journal, says ${file}.lock`,
    });
    await child.kill();
    expect(existsSync(`${file}.lock`)).toBe(true);
    expect(await opens(file)).toBe('open');
    expect(existsSync(`${file}.lock`)).toBe(false);
  });

  test('is given back by a process that ends well', async () => {
    const file = newFile();
    const child = new Child('hold', file);
    expect(await child.first()).toBe('open');
    await child.end();
    expect(existsSync(`${file}.lock`)).toBe(false);
  });

  test('of a dead process goes to one only of those who find it', async () => {
    const file = newFile();
    const dead = new Child('hold', file);
    await dead.first();
    await dead.kill();
    const children = Array.from({ length: 6 }, () => new Child('hold', file));
    const answers = await Promise.all(children.map((child) => child.first()));
    await Promise.all(children.map((child) => child.end()));
    expect(answers.sort()).toEqual([...Array<string>(5).fill('journal-locked'), 'open']);
    expect(readdirSync(dirname(file))).toEqual(['a.journal']);
  });

  const [pid, start] = describeSelf().trim().split(' ') as [string, string];
  const parent = process.ppid;
  const isLinux = process.platform === 'linux';
  test.runIf(isLinux).each([
    ['cut off while it was written', '', 'open'],
    ['left as NULs by a power failure', '\0\0\0', 'open'],
    ['of an id that is out of range', '99999999999999999999 -\n', 'open'],
    ['of an earlier process with our id', `${pid} ${Number(start) - 1}\n`, 'open'],
    ['of a process with our id, start unknown', `${pid} -\n`, 'open'],
    ['of another user of this very process', `${pid} ${start}\n`, 'journal-locked'],
    ['of an earlier process with the id of a living one', `${parent} 1\n`, 'open'],
    ['of a living process, start unknown', `${parent} -\n`, 'journal-locked'],
    ['that is none', 'mine!\n', 'journal-locked'],
    ['without its newline', pid, 'journal-locked'],
  ])('%s', async (_, content, expected) => {
    const file = newFile();
    writeFileSync(`${file}.lock`, content);
    expect(await opens(file)).toBe(expected);
    // A lock of others stays.
    expect(readdirSync(dirname(file))).toEqual(expected === 'open' ? ['a.journal'] : ['a.journal.lock']);
  });

  test.runIf(isLinux)('of a process that is dead but not buried', async () => {
    // The shell becomes a `sleep`, which never asks what became of the child it inherits.
    const shell = spawn('bash', ['-c', 'sleep 0.01 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [zombie] = (await once(shell.stdout.setEncoding('utf8'), 'data')) as [string];
    while (!readFileSync(`/proc/${zombie.trim()}/stat`, 'utf8').includes(') Z ')) await sleep(5);
    const file = newFile();
    writeFileSync(`${file}.lock`, `${zombie.trim()} -\n`);
    expect(await opens(file)).toBe('open');
    shell.kill('SIGKILL');
  });

  test('keeps a process from itself, even if its file is removed', async () => {
    const file = newFile();
    const journal = fileJournal(file);
    await journal.open();
    rmSync(`${file}.lock`);
    expect(await opens(file)).toBe('journal-locked');
    await journal.close();
    expect(await opens(file)).toBe('open');
  });

  test.runIf(isLinux)('is taken over after a process that died while it took it over', async () => {
    const file = newFile();
    writeFileSync(`${file}.lock`, `${parent} 1\n`);
    writeFileSync(`${file}.lock.takeover`, '');
    expect(await opens(file)).toBe('open');
    expect(readdirSync(dirname(file))).toEqual(['a.journal']);
  });

  test('is left alone when another process has taken it over by hand', async () => {
    const file = newFile();
    const journal = fileJournal(file);
    await journal.open();
    writeFileSync(`${file}.lock`, `${parent} -\n`);
    await journal.close();
    expect(readFileSync(`${file}.lock`, 'utf8')).toBe(`${parent} -\n`);
  });
});

describe('a process killed while it appends and rewrites', { timeout: 120_000 }, () => {
  test.each(['always', 'never'])('has left all that it saw confirmed, with fsync %s', async (fsync) => {
    let confirmedInAll = 0;
    for (let run = 0; run < 8; run += 1) {
      const file = newFile();
      const child = new Child('append', file, fsync);
      expect(await child.first()).toBe('open');
      await sleep(20 + 40 * run);
      await child.kill();
      const confirmed = child.said.slice(1).map(Number);
      confirmedInAll += confirmed.length;
      const journal = fileJournal(file);
      const { records } = await journal.open();
      const numbers = records.map(({ atMs }) => atMs);
      // In the order of the calls, none left out; those at the end may be unconfirmed.
      expect(numbers).toEqual(numbers.map((_, index) => index));
      expect(numbers.length).toBeGreaterThan(Math.max(-1, ...confirmed));
      await journal.append(submitted);
      await journal.close();
      expect((await journal.open()).records.length).toBe(numbers.length + 1);
      await journal.close();
      expect(readdirSync(dirname(file))).toEqual(['a.journal']);
    }
    expect(confirmedInAll).toBeGreaterThan(50);
  });
});

test('a file that may not grow keeps whole lines, and takes what fits', async () => {
  const file = newFile();
  // A limit of the system on the size of files, in KiB: the write that meets it is cut, and the next one fails.
  const command = 'ulimit -f 4; exec "$0" "$@"';
  const said = execFileSync('bash', ['-c', command, process.execPath, program, 'fill', file], { encoding: 'utf8' });
  expect(said.trim().split('\n')).toEqual([
    'open',
    ...['large', 'large', 'large', 'journal-failed EFBIG', 'small', 'journal-failed'],
    ...['rewritten', 'large'],
  ]);
  const journal = fileJournal(file);
  const { records, tornBytes } = await journal.open();
  await journal.close();
  expect({ tornBytes, times: records.map(({ atMs }) => atMs) }).toEqual({ tornBytes: 0, times: [2, 0] });
  expect(records[1]).toStrictEqual({ ...numbered(0), requestId: 'x'.repeat(1000) });
});
