import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatRunLog, parseRunLog } from '../../src/simulation/run-log-format.js';
import type { ChunkRecord, RunLog } from '../../src/simulation/run-log.js';

const ms = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);

const chunk: fc.Arbitrary<ChunkRecord> = fc
  .record({
    requestIds: fc.array(fc.string({ minLength: 1, unit: 'grapheme' }), { minLength: 1, maxLength: 3 }),
    gpus: fc.array(fc.nat(), { minLength: 1, maxLength: 8 }),
    degree: fc.integer({ min: 1, max: 8 }),
    startMs: ms,
    endMs: ms,
    steps: fc.nat(),
    from: fc.option(fc.array(fc.nat(), { minLength: 3, maxLength: 3 })),
    stage: fc.option(fc.constantFrom('encode' as const, 'denoise' as const, 'decode' as const)),
    cut: fc.option(fc.constantFrom('cancelled' as const, 'gpu-lost' as const)),
  })
  .map(({ from, stage, cut, ...fields }) => ({
    ...fields,
    ...(from === null || stage === 'encode' || stage === 'decode'
      ? {}
      : { fromSteps: from.slice(0, fields.requestIds.length) }),
    ...(stage === null ? {} : { stage }),
    ...(cut === null ? {} : { cut }),
  }));

const line =
  '{"requestIds":["r1"],"gpus":[0,1],"degree":2,"startMs":0,"endMs":191.4,"steps":2,"fromSteps":[0],"stage":"denoise","cut":"gpu-lost"}';

describe('formatRunLog', () => {
  it('writes one chunk a line, keys in a fixed order, absent fields left out', () => {
    const log: RunLog = [
      {
        cut: 'gpu-lost',
        stage: 'denoise',
        fromSteps: [0],
        steps: 2,
        endMs: 191.4,
        startMs: 0,
        degree: 2,
        gpus: [0, 1],
        requestIds: ['r1'],
      },
      { requestIds: ['r2'], gpus: [3], degree: 1, startMs: 5, endMs: 6, steps: 0, stage: 'encode' },
    ];
    expect(formatRunLog(log)).toBe(
      `${line}\n{"requestIds":["r2"],"gpus":[3],"degree":1,"startMs":5,"endMs":6,"steps":0,"stage":"encode"}\n`,
    );
  });

  it('writes nothing for no chunks', () => {
    expect(formatRunLog([])).toBe('');
  });
});

describe('parseRunLog', () => {
  it('reads back what was written, to the last bit', () => {
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 5 }), (log) => {
        const text = formatRunLog(log);
        expect(parseRunLog(text)).toStrictEqual(log);
        expect(text.split('\n')).toHaveLength(log.length + 1);
        expect(formatRunLog(parseRunLog(text))).toBe(text);
      }),
    );
  });

  it.each([
    ['nothing', '', 0],
    ['a blank line', '\n', 0],
    ['no newline at the end', line, 1],
    ['Windows newlines', `${line}\r\n${line}\r\n`, 2],
    ['blanks at the end', `${line}\n  `, 1],
  ])('accepts %s', (_, text, length) => {
    expect(parseRunLog(text)).toHaveLength(length);
  });

  it('drops fields that it does not know', () => {
    expect(parseRunLog(line.replace('{', '{"extra":1,'))).toStrictEqual(parseRunLog(line));
  });

  it.each([
    ['invalid-json', 'line 2', '{'],
    ['invalid-json', 'line 2', ''],
    ['invalid-json', 'line 2', `${line},`],
    ['invalid-type', 'line 2', '[]'],
    ['invalid-type', 'line 2', 'null'],
    ['invalid-type', 'line 2: requestIds', line.replace('["r1"]', '"r1"')],
    ['invalid-type', 'line 2: requestIds', line.replace('"r1"', '1')],
    ['empty', 'line 2: requestIds', line.replace('["r1"]', '[]')],
    ['out-of-range', 'line 2: requestIds', line.replace('"r1"', '""')],
    ['empty', 'line 2: gpus', line.replace('[0,1]', '[]')],
    ['out-of-range', 'line 2: gpus', line.replace('[0,1]', '[0,-1]')],
    ['out-of-range', 'line 2: degree', line.replace('"degree":2', '"degree":0')],
    ['invalid-type', 'line 2: startMs', line.replace('"startMs":0', '"startMs":null')],
    ['out-of-range', 'line 2: endMs', line.replace('191.4', '1e999')],
    ['invalid-type', 'line 2: endMs', line.replace('"endMs":191.4,', '')],
    ['out-of-range', 'line 2: steps', line.replace('"steps":2', '"steps":2.5')],
    ['out-of-range', 'line 2: steps', line.replace('"steps":2', '"steps":-1')],
    ['invalid-type', 'line 2: fromSteps', line.replace('[0],"stage"', '0,"stage"')],
    ['out-of-range', 'line 2: fromSteps', line.replace('[0],"stage"', '[0,0],"stage"')],
    ['out-of-range', 'line 2: fromSteps', line.replace('[0],"stage"', '[-1],"stage"')],
    ['out-of-range', 'line 2: fromSteps', line.replace('denoise', 'decode')],
    ['out-of-range', 'line 2: stage', line.replace('denoise', 'upscale')],
    ['invalid-type', 'line 2: stage', line.replace('"denoise"', '1')],
    ['out-of-range', 'line 2: cut', line.replace('gpu-lost', 'bored')],
    ['invalid-type', 'line 2: cut', line.replace('"gpu-lost"', 'null')],
  ])('refuses with %s at %s: %s', (code, path, text) => {
    expect(() => parseRunLog(`${line}\n${text}\n${line}`)).toThrow(expect.objectContaining({ code, path }));
  });
});
