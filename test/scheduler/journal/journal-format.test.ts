import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createJournalParser,
  formatLine,
  journalHeader,
  type ParsedJournal,
} from '../../../src/scheduler/journal/journal-format.js';
import { anyRecord, failed, numbered, submitted } from './records.js';

/** Reads a text in pieces of `size` characters. */
function parse(text: string, size = Infinity): ParsedJournal {
  const parser = createJournalParser('/j', crc32);
  for (let from = 0; from < text.length; from += size) parser.push(text.slice(from, from + size));
  return parser.end();
}

function line(json: string): string {
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
}

const three = [submitted, numbered(2), failed];
const text = journalHeader + three.map((record) => formatLine(record, crc32)).join('');

describe('the text of a journal', () => {
  test('is a header and a line a record', () => {
    expect(text.split('\n')).toEqual([
      '{"journal":"@tetri/scheduler","schemaVersion":1}',
      '5e6d74de {"type":"submit","atMs":5,"request":{"id":"r1","shape":"512x512","steps":20,"arrivalMs":5,"deadlineMs":900.5,"startStep":0,"weight":1},"payload":{"prompt":"ein K\\u00e4fer"}}',
      '27cac1b8 {"type":"start","atMs":2,"requestId":"r2"}',
      '579e9575 {"type":"settle","atMs":7,"requestId":"r1","settlement":{"status":"failed","reason":"steps-failed","detail":""}}',
      '',
    ]);
  });

  test('is printable ASCII, and read in any pieces gives back what was written', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 4 }), fc.integer({ min: 1, max: 200 }), (records, size) => {
        const written = journalHeader + records.map((record) => formatLine(record, crc32)).join('');
        expect(written).toMatch(/^([ -~]+\n)*$/);
        expect(parse(written, size)).toStrictEqual({ records, goodBytes: written.length, tornBytes: 0 });
      }),
    );
  });

  test('takes keys that mean something to JavaScript', () => {
    const payload: unknown = JSON.parse('{"__proto__":{"a":1},"toJSON":2,"constructor":null}');
    const record = { ...submitted, payload };
    expect(parse(journalHeader + formatLine(record, crc32)).records).toStrictEqual([record]);
  });

  test('leaves out what is undefined', () => {
    const absent = { ...submitted, payload: { seed: undefined } };
    expect(parse(journalHeader + formatLine(absent, crc32)).records).toStrictEqual([{ ...submitted, payload: {} }]);
  });

  test('reads reasons that only a later release knows, and drops fields that it does not know', () => {
    const json =
      '{"type":"settle","atMs":7,"requestId":"r1","settlement":{"status":"failed","reason":"new","detail":"d","x":1},"x":1}';
    expect(parse(journalHeader + line(json)).records).toStrictEqual([
      { ...failed, settlement: { status: 'failed', reason: 'new', detail: 'd' } },
    ]);
  });
});

describe('a damaged text', () => {
  test('cut anywhere loses the record that was cut, and says so', () => {
    const ends = [...text.matchAll(/\n/g)].map(({ index }) => index + 1);
    for (let length = ends[0]!; length <= text.length; length += 1) {
      const whole = ends.filter((end) => end <= length);
      const goodBytes = whole.at(-1)!;
      const expected = { records: three.slice(0, whole.length - 1), goodBytes, tornBytes: length - goodBytes };
      expect(parse(text.slice(0, length), 50)).toStrictEqual(expected);
      const padded = parse(`${text.slice(0, length)}${'\0'.repeat(100)}`);
      expect(padded).toStrictEqual({ ...expected, tornBytes: expected.tornBytes + 100 });
    }
  });

  test('cut in the header is an error', () => {
    for (let length = 0; length < journalHeader.length; length += 1) {
      expect(() => parse(text.slice(0, length)), `${length} bytes`).toThrow(
        expect.objectContaining({ code: 'journal-corrupt', path: '/j:1' }),
      );
    }
  });

  test('with one byte changed to any other is an error, never another record', { timeout: 60_000 }, () => {
    const unnoticed: string[] = [];
    for (let index = 0; index < text.length; index += 1) {
      for (let byte = 0; byte < 256; byte += 1) {
        if (text.charCodeAt(index) === byte) continue;
        try {
          parse(text.slice(0, index) + String.fromCharCode(byte) + text.slice(index + 1));
          unnoticed.push(`${index}: ${byte}`);
        } catch {
          // As it should be.
        }
      }
    }
    // A NUL for the last newline is what a power failure may leave of an unconfirmed line.
    expect(unnoticed).toEqual([`${text.length - 1}: 0`]);
  });

  test('with a stretch overwritten, doubled or taken out is never read as records that were not written', () => {
    const stretch = fc.string({
      unit: fc.constantFrom('\0', '\n', ' ', '0', '{', '}', '"', 'r1', '\xff'),
      maxLength: 20,
    });
    const at = fc.nat(text.length);
    fc.assert(
      fc.property(at, at, stretch, (a, b, inserted) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        for (const damaged of [text.slice(0, from) + inserted + text.slice(to), text.slice(0, to) + text.slice(from)]) {
          try {
            const known = new Set(three.map((record) => JSON.stringify(record)));
            expect(parse(damaged).records.every((record) => known.has(JSON.stringify(record)))).toBe(true);
          } catch (error) {
            expect(error).toMatchObject({ code: expect.stringMatching(/journal-corrupt|unsupported-schema-version/) });
          }
        }
      }),
    );
  });

  test.each([
    ['empty', '', 1, /empty.*delete it/],
    ['another file', 'hello\n', 1, /not a journal/],
    ['a huge file without lines', 'x'.repeat(5000), 1, /not a journal/],
    ['the journal of something else', '{"journal":"other","schemaVersion":1}\n', 1, /not a journal/],
    ['a header written otherwise', journalHeader.replace(',', ', '), 1, /not a journal/],
    ['Windows newlines', text.replaceAll('\n', '\r\n'), 1, /not a journal/],
    ['a blank line', text.replace('\n', '\n\n'), 2, /checksum.*cut it to 49 bytes/],
    ['NULs in the middle', text.replace('"r2"', '"\0\0"'), 3, /NULs/],
    ['letters in the checksum', text.replace('5e6d74de', '5E6D74DE'), 2, /checksum/],
    ['a line that is no JSON', journalHeader + line('{'), 2, /not a record: .*JSON/],
    ['a record of another type', journalHeader + line('{"type":"x","atMs":1}'), 2, /type: expected submit/],
    ['a record that is none', journalHeader + line('null'), 2, /expected an object/],
    ['a request without steps', journalHeader + line('{"type":"submit","atMs":1,"request":{}}'), 2, /request.steps/],
    ['a start of nothing', journalHeader + line('{"type":"start","atMs":1}'), 2, /requestId/],
    ['an end without a way', journalHeader + line('{"type":"settle","atMs":1,"requestId":"a"}'), 2, /settlement/],
    [
      'an unknown way to end',
      journalHeader + line('{"type":"settle","atMs":1,"requestId":"a","settlement":{"status":"lost"}}'),
      2,
      /settlement.status/,
    ],
    [
      'a failure without a detail',
      journalHeader + line('{"type":"settle","atMs":1,"requestId":"a","settlement":{"status":"failed","reason":"x"}}'),
      2,
      /settlement.detail/,
    ],
    ['garbage at the end', `${text}\xfe\x01`, 5, /damaged end/],
    ['garbage lines at the end', `${text}\0\0\n\0`, 5, /NULs/],
    ['a whole last line without its own newline', text.replace(/\n$/, 'J'), 4, /damaged end/],
  ])('is refused: %s', (_, damaged, at, message) => {
    expect(() => parse(damaged)).toThrow(expect.objectContaining({ code: 'journal-corrupt', path: `/j:${at}` }));
    expect(() => parse(damaged, 7)).toThrow(message);
  });

  test('keeps the cause', () => {
    const error = expect.objectContaining({
      cause: expect.objectContaining({ code: 'invalid-type', path: 'requestId' }),
    });
    expect(() => parse(journalHeader + line('{"type":"start","atMs":1}'))).toThrow(error);
  });

  test.each([2, 0, '1'])('of schema version %j is not read', (version) => {
    const header = `{"journal":"@tetri/scheduler","schemaVersion":${JSON.stringify(version)},"more":1}\n`;
    expect(() => parse(header)).toThrow(
      expect.objectContaining({ code: 'unsupported-schema-version', path: '/j:1', received: version }),
    );
  });
});
