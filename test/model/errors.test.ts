import { createContext, runInContext } from 'node:vm';
import { describe, expect, test, vi } from 'vitest';
import { show } from '../../src/model/check.js';
import { TetriError } from '../../src/model/index.js';

describe('TetriError', () => {
  test('says what, where and which value', () => {
    const error = new TetriError(
      'out-of-range',
      'expected a finite number, received NaN',
      'requests[3].deadlineMs',
      NaN,
    );
    expect(error).toMatchObject({
      name: 'TetriError',
      code: 'out-of-range',
      path: 'requests[3].deadlineMs',
      received: NaN,
    });
    expect(error.message).toBe('requests[3].deadlineMs: expected a finite number, received NaN');
    expect(error).toBeInstanceOf(Error);
    expect(error.stack).toContain('errors.test');
  });

  test('has no colon without a path', () => {
    expect(new TetriError('empty', 'expected at least one entry').message).toBe('expected at least one entry');
  });

  test('is recognised when it comes from another copy of the package', async () => {
    vi.resetModules();
    const copy = await import('../../src/model/errors.js');
    const error = new copy.TetriError('empty', 'nothing there');
    expect(copy.TetriError).not.toBe(TetriError);
    expect(error).not.toBeInstanceOf(TetriError);
    expect(TetriError.isInstance(error)).toBe(true);
  });

  test('is recognised when it comes from another realm', () => {
    const foreign: unknown = runInContext(
      `class TetriError extends Error {
         constructor() { super('x'); Object.defineProperty(this, Symbol.for('@tetri/scheduler.error'), { value: true }); }
       }
       new TetriError();`,
      createContext(),
    );
    expect(foreign).not.toBeInstanceOf(Error);
    expect(TetriError.isInstance(foreign)).toBe(true);
  });

  test('does not show its mark', () => {
    expect(Object.keys(new TetriError('empty', 'x'))).toEqual(expect.not.arrayContaining(['marker']));
    expect(JSON.parse(JSON.stringify(new TetriError('empty', 'x', 'here', 5)))).toEqual({
      name: 'TetriError',
      code: 'empty',
      path: 'here',
      received: 5,
    });
  });

  test.each([null, undefined, 5, 'TetriError', {}, [], new Error('TetriError'), { name: 'TetriError', code: 'empty' }])(
    'is not %s',
    (value) => {
      expect(TetriError.isInstance(value)).toBe(false);
    },
  );
});

describe('show', () => {
  const cyclic: unknown[] = [];
  cyclic.push(cyclic);

  test.each([
    [NaN, 'NaN'],
    [-Infinity, '-Infinity'],
    [undefined, 'undefined'],
    [null, 'null'],
    ['a"b', '"a\\"b"'],
    [{ a: 1 }, '{"a":1}'],
    [5n, '5'],
    [cyclic, '[object Array]'],
    [Symbol('s'), 'Symbol(s)'],
    [Object.create(null), '{}'],
    [
      {
        toJSON() {
          throw new Error('no');
        },
      },
      '[object Object]',
    ],
    [
      {
        toJSON: () => undefined,
        toString() {
          throw new Error('no');
        },
      },
      '[object Object]',
    ],
  ])('prints %#', (value, expected) => {
    expect(show(value)).toBe(expected);
  });

  test('cuts long values', () => {
    expect(show('x'.repeat(100))).toBe(`"${'x'.repeat(56)}...`);
    expect(show('x'.repeat(58))).toBe(`"${'x'.repeat(58)}"`);
  });
});
