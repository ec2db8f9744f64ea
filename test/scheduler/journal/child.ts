/** A process that uses a journal, for the tests: `node child.mjs MODE FILE [FSYNC]`. What it says, it says on stdout at once. */
import { writeSync } from 'node:fs';
import { fileJournal } from '../../../src/scheduler/journal/file-journal.js';
import type { JournalRecord } from '../../../src/scheduler/journal/index.js';

const [mode = '', file = '', fsync = 'always'] = process.argv.slice(2);
const journal = fileJournal(file, { fsync: fsync as 'always' | 'never' });

function say(text: string): void {
  writeSync(1, `${text}\n`);
}

function numbered(number: number): JournalRecord {
  return { type: 'start', atMs: number, requestId: `r${number}${'.'.repeat((number * 37) % 300)}` };
}

async function open(): Promise<void> {
  try {
    await journal.open();
    say('open');
  } catch (error) {
    say((error as { code: string }).code);
    process.exit();
  }
}

/** Opens it, and holds it until stdin ends. */
async function hold(): Promise<void> {
  await open();
  process.stdin.resume();
  await new Promise((resolve) => process.stdin.on('end', resolve));
  await journal.close();
}

/** Appends numbers from 0 on, several at a time, for ever, and rewrites all of them now and then; says each that is confirmed. */
async function appendForEver(): Promise<void> {
  await open();
  let next = 0;
  async function appendOneByOne(): Promise<void> {
    for (;;) {
      const number = next++;
      const appended = journal.append(numbered(number));
      if (number % 50 === 49) {
        void journal.rewrite(Array.from({ length: next }, (_, earlier) => numbered(earlier)));
      }
      await appended;
      say(String(number));
    }
  }
  await Promise.all(Array.from({ length: 8 }, appendOneByOne));
}

/** Appends until there is no space, then makes space, and appends once more. */
async function fill(): Promise<void> {
  await open();
  const large = { ...numbered(0), requestId: 'x'.repeat(1000) };
  try {
    for (;;) {
      await journal.append(large);
      say('large');
    }
  } catch (error) {
    const { code, cause } = error as { code: string; cause: { code: string } };
    say(`${code} ${cause.code}`);
  }
  await journal.append(numbered(1));
  say('small');
  await journal.append(large).catch((error: unknown) => say((error as { code: string }).code));
  await journal.rewrite([numbered(2)]);
  say('rewritten');
  await journal.append(large);
  say('large');
  await journal.close();
}

const modes: Readonly<Record<string, () => Promise<void>>> = { hold, append: appendForEver, fill };
await modes[mode]!();
