import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { pageFiles, readPage, type Block } from '../../scripts/site/markdown.mjs';
import { outputOf, timeless } from '../../scripts/site/program-output.mjs';
import { run } from '../cli/run.js';
import { commandsOf, problemOf } from './check-command.js';
import { compileBlocks, fileOf, listOf } from './compile-blocks.js';
import { formats } from './formats.js';
import { givenFiles } from './given.js';

const pages = pageFiles.map((file) => readPage(file));
const named = pages.flatMap(({ blocks }) =>
  blocks.map((block) => ({ name: `${block.page}:${block.line}`, block, ...block })),
);

/** What may be said of a block, see CONTRIBUTING.md. */
const marks = ['given', 'example', 'output', 'from', 'format', 'unrun', 'unchecked'];
const ofLanguage = (...languages: string[]): typeof named =>
  named.filter(({ language }) => languages.includes(language));
const marked = (mark: string): typeof named => named.filter((block) => block.marks.has(mark));

describe('every block', () => {
  test('is found', () => {
    const fences = pages.flatMap(({ text }) => text.match(/^ *```\w/gm) ?? []);
    expect(named).toHaveLength(fences.length);
    expect(named.length).toBeGreaterThan(40);
  });

  test.each(named)('$name has marks that exist, and reasons where it has none', ({ marks: own }) => {
    expect(marks).toEqual(expect.arrayContaining([...own.keys()]));
    for (const reason of [own.get('unrun'), own.get('unchecked')]) expect(reason ?? 'a reason').toMatch(/\w+ \w+/);
  });

  test.each(named)('$name is of a kind that is checked', ({ language, marks: own, page }) => {
    const isChecked: Readonly<Record<string, boolean>> = {
      ts: !own.has('unchecked') && !own.has('output'),
      sh: !own.has('unchecked'),
      json: own.has('format'),
      csv: own.has('format'),
      text: own.has('output') || own.has('format') || own.has('unchecked'),
      // By metrics.test.ts.
      promql: page === 'docs/metrics.md',
      yaml: page === 'docs/metrics.md',
    };
    expect(isChecked[language]).toBe(true);
  });
});

describe('TypeScript', () => {
  const own = ofLanguage('ts').filter((block) => !block.marks.has('example') && !block.marks.has('from'));
  const wrong: Block = {
    ...{ page: 'wrong.md', language: 'ts', line: 7, endLine: 9, marks: new Map() },
    text: "const degree: number = 'two';\n",
  };
  const problems = compileBlocks([...own, wrong]);

  test('compiles against the public API', () => {
    expect(own.length).toBeGreaterThan(10);
    expect(problems.filter((problem) => !problem.startsWith('wrong.md'))).toEqual([]);
  });

  test('would be found if it did not', () => {
    expect(problems.filter((problem) => problem.startsWith('wrong.md'))).toEqual([
      expect.stringContaining('wrong.md:8'),
    ]);
  });

  describe('runs', () => {
    beforeAll(() => {
      vi.spyOn(console, 'log').mockImplementation(() => undefined);
    });
    afterAll(() => {
      vi.restoreAllMocks();
    });

    test.each(own.filter((block) => !block.marks.has('unrun')))('$name', { timeout: 300_000 }, async (block) => {
      await expect(import(/* @vite-ignore */ fileOf(block))).resolves.toBeDefined();
    });
  });
});

describe('parts of files', () => {
  test.each(marked('example'))('$name is the whole file', (block) => {
    expect(block.text).toBe(readFileSync(block.marks.get('example')!, 'utf8'));
  });

  test.each(marked('from'))('$name is in the file', (block) => {
    expect(flat(readFileSync(block.marks.get('from')!, 'utf8'))).toContain(flat(block.text));
  });
});

describe('outputs', () => {
  test.each(marked('output'))('$name is what is printed', { timeout: 300_000 }, async (block) => {
    const program = block.marks.get('output')!;
    const [words = []] = commandsOf(program);
    const printed = words[0] === 'tetri' ? (await run(words.slice(1))).stdout : outputOf(program);
    expect(timeless(block.text)).toBe(timeless(printed));
  });
});

describe('data', () => {
  test.each(marked('format'))('$name is of its format', async (block) => {
    const parse = formats[block.marks.get('format')!];
    expect(parse).toBeTypeOf('function');
    await parse!(block.text);
  });

  test.each(Object.entries(formats))('the reader of %s refuses what is not of it', async (_, parse) => {
    await expect((async () => parse('{"schemaVersion":99}'))()).rejects.toThrow();
  });
});

describe('commands', () => {
  const home = process.cwd();
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tetri-docs-'));
  });
  afterAll(() => {
    process.chdir(home);
    rmSync(folder, { recursive: true });
  });

  const commands = ofLanguage('sh').flatMap((block) =>
    commandsOf(block.text).map((words) => ({ command: words.join(' '), words, block })),
  );

  test.each(commands)('$command', { timeout: 300_000 }, async ({ words, block }) => {
    const mayRun = !block.marks.has('unrun');
    for (const file of listOf(block.marks.get('given'))) writeFileSync(join(folder, file), givenFiles[file]!());
    if (words.includes('tetri')) process.chdir(folder);
    try {
      expect(await problemOf(words, mayRun)).toBeUndefined();
    } finally {
      process.chdir(home);
    }
  });

  test.each(['npm run nonsense', 'npx tetri simulate --nonsense', 'npm install left-pad', 'nonsense'])(
    'would find what is wrong with %s',
    async (text) => {
      expect(await problemOf(commandsOf(text)[0]!, true)).toBeTypeOf('string');
    },
  );
});

/** A text without its indentation, so that a part of a file can stand for itself. */
function flat(text: string): string {
  return text.replace(/^ +/gm, '').trim();
}
