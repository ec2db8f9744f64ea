import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createBooks } from '../../bench/soak/kill/books.js';
import { runCampaign } from '../../bench/soak/kill/campaign.js';
import { checkJournal } from '../../bench/soak/kill/check-journal.js';
import { checkLines } from '../../bench/soak/kill/check-lines.js';
import type { Death } from '../../bench/soak/kill/deaths.js';
import { readJournal } from '../../bench/soak/kill/disk.js';
import { bundleServer, startLife, type Life } from '../../bench/soak/kill/life.js';
import type { ServerLine } from '../../bench/soak/kill/lines.js';
import type { ServerOptions } from '../../bench/soak/kill/server-options.js';
import { summarize } from '../../bench/soak/kill/summary.js';

const root = mkdtempSync(join(tmpdir(), 'tetri-kills-'));
const seed = Number(process.env['FC_SEED']);
let program = '';
const processes: Life[] = [];

beforeAll(async () => {
  program = await bundleServer(root);
}, 60_000);

afterEach(() => {
  for (const life of processes.splice(0)) life.signal('SIGKILL');
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

function newDir(): string {
  const dir = join(mkdtempSync(join(root, 'x')), 'server');
  mkdirSync(dir);
  return dir;
}

function start(dir: string, life: number, more: Partial<ServerOptions> = {}): Life {
  const manners = { submissions: 'steady', knowsLarge: true, whenLate: 'finish', whenFull: 'refuse' } as const;
  const process = startLife(program, { dir, life, seed, fsync: 'always', ...manners, ...more });
  processes.push(process);
  return process;
}

/** Starts a server that takes nothing new, and waits until it has done what was left to it. */
async function finishAll(dir: string, life: number): Promise<readonly ServerLine[]> {
  const last = start(dir, life, { submissions: 'none' });
  expect(await last.over).toEqual({ by: 0, stderr: '' });
  expect(readJournal(join(dir, 'journal')).open.size).toBe(0);
  expect(readdirSync(dir).sort()).toEqual(['artifacts', 'journal']);
  return last.lines;
}

function recoveredIn(lines: readonly ServerLine[]): string[] {
  return lines.flatMap((line) => (line.type === 'recovered' ? line.requests.map(({ id }) => id) : []));
}

function endedIn(lines: readonly ServerLine[], reason?: string): string[] {
  return lines.flatMap((line) =>
    line.type === 'ended' && (reason === undefined || line.end.reason === reason) ? [line.id] : [],
  );
}

describe('a server that is killed again and again', { timeout: 300_000 }, () => {
  const deaths: readonly Death[] = [
    { kind: 'at a line', last: { type: 'accepted', count: 5 } },
    { kind: 'at a line', last: { type: 'delivered', count: 2 } },
    { kind: 'at a file', name: 'journal.tmp' },
    { kind: 'at work', ms: 150 },
    { kind: 'while closing', ms: 50, closingMs: 3 },
    { kind: 'at a line while closing', ms: 20, last: { type: 'accepted', count: 1, whileClosing: true } },
    { kind: 'at a rewrite', ms: 0 },
  ];

  test.each(['always', 'never'] as const)('completes or fails all that it accepted, with fsync %s', async (fsync) => {
    // If it fails, `npm run soak:kills` looks longer.
    const report = await runCampaign({ program, dir: newDir(), seed, kills: 7, fsync, deaths });
    const numbers = summarize(report);
    expect(report.violations).toEqual([]);
    expect(numbers.get('accepted')).toBeGreaterThanOrEqual(5);
    expect(numbers.get('recoveries')).toBeGreaterThanOrEqual(1);
    expect(numbers.get('completed')).toBeGreaterThanOrEqual(1);
  });
});

test('a second process on the same journal is refused, and the first one goes on', { timeout: 120_000 }, async () => {
  const dir = newDir();
  const first = start(dir, 0);
  await first.said('accepted');
  const second = start(dir, 1);
  expect(await second.over).toEqual({ by: 1, stderr: '' });
  const journal = join(dir, 'journal');
  const message = `${journal}: process ${first.pid} uses the journal, says ${journal}.lock`;
  expect(second.lines).toEqual([{ type: 'not-started', code: 'journal-locked', message }]);

  const soFar = first.lines.filter(({ type }) => type === 'accepted').length;
  await first.said('accepted', soFar + 3);
  first.signal('SIGKILL');
  const exit = await first.over;
  const books = createBooks();
  const options = { dir, life: 0, seed, fsync: 'always', submissions: 'steady', knowsLarge: true } as const;
  const report = {
    options: { ...options, whenLate: 'finish', whenFull: 'refuse' } as const,
    before: readJournal(join(dir, 'none')),
    ...{ lines: first.lines, exit, after: readJournal(journal) },
  };
  checkLines(books, report);
  checkJournal(books, report);
  expect(books.violations).toEqual([]);
  expect(recoveredIn(await finishAll(dir, 2))).toEqual([...report.after.open.keys()]);
});

test('a server that is told to stop leaves what is not over to the next one', { timeout: 120_000 }, async () => {
  const dir = newDir();
  const first = start(dir, 0);
  await first.said('accepted', 5);
  first.signal('SIGTERM');
  expect(await first.over).toEqual({ by: 0, stderr: '' });
  expect(first.lines.at(-1)).toEqual({ type: 'closed' });
  const { open } = readJournal(join(dir, 'journal'));
  const closed = endedIn(first.lines, 'closed');
  expect([...open.keys()].sort()).toEqual(closed.sort());
  expect(closed.length).toBeGreaterThan(0);
  // To be closed is no crash.
  expect([...open.values()].map(({ starts }) => starts)).toEqual(closed.map(() => 0));

  const next = await finishAll(dir, 1);
  expect(recoveredIn(next)).toEqual([...open.keys()]);
  expect(endedIn(next).sort()).toEqual(closed.sort());
  expect(endedIn(next, 'closed')).toEqual([]);
});

describe('a journal that cannot be read', { timeout: 120_000 }, () => {
  const damageLine = (text: string, index: number): string => {
    const lines = text.split('\n');
    return lines.with(index, lines.at(index)!.replace('"type"', '"tipe"')).join('\n');
  };

  test.each([
    ['of another version', 'unsupported-schema-version', (text: string) => text.replace('Version":1}', 'Version":2}')],
    ['with a damaged line', 'journal-corrupt', (text: string) => damageLine(text, 1)],
    ['with a damaged last line', 'journal-corrupt', (text: string) => damageLine(text, -2)],
    ['that is some other file', 'journal-corrupt', () => 'requests to be made, by hand\n'],
    ['that is empty', 'journal-corrupt', () => ''],
  ])('%s is refused, and stays as it is', async (_, code, damage) => {
    const dir = newDir();
    const journal = join(dir, 'journal');
    // It dies before it can write down that the last one is over.
    await start(dir, 0, { lastLine: { type: 'delivered', count: 3 } }).over;
    const text = readFileSync(journal, 'latin1');
    const { open } = readJournal(journal);
    expect(open.size).toBeGreaterThan(0);

    const damaged = damage(text);
    writeFileSync(journal, damaged, 'latin1');
    const refused = start(dir, 1);
    // It ends by itself: nothing is open any more.
    expect(await refused.over).toEqual({ by: 1, stderr: '' });
    const message = expect.stringMatching(/journal:\d+: ./) as string;
    expect(refused.lines).toEqual([{ type: 'not-started', code, message }]);
    expect(readFileSync(journal, 'latin1')).toBe(damaged);
    expect(readdirSync(dir).sort()).toEqual(['artifacts', 'journal']);

    writeFileSync(journal, text, 'latin1');
    expect(recoveredIn(await finishAll(dir, 2))).toEqual([...open.keys()]);
  });
});
