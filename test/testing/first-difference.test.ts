import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deepFreeze } from '../../src/testing/deep-freeze.js';
import { firstDifference } from '../../src/testing/first-difference.js';

describe('firstDifference', () => {
  test('finds none between a value and its copy', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(firstDifference(value, structuredClone(value))).toBeUndefined();
      }),
    );
  });

  test.each([
    [1, 2, ''],
    [0, -0, ''],
    [null, {}, ''],
    [[], {}, ''],
    [new Map(), {}, ''],
    [{ a: 1 }, { a: 1, b: undefined }, '.b'],
    [{ a: 1, b: undefined }, { a: 1 }, '.b'],
    [{ a: [1, { b: 2 }] }, { a: [1, { b: 3 }] }, '.a[1].b'],
    [[1, 2], [1], '[1]'],
    [[1], [1, 2], '[1]'],
  ])('between %j and %j lies at %j', (a, b, path) => {
    expect(firstDifference(a, b)).toBe(path);
  });

  test('forgives numbers what it is told to', () => {
    expect(firstDifference({ a: 1 }, { a: 1.25 }, 0.25)).toBeUndefined();
    expect(firstDifference({ a: 1 }, { a: 1.5 }, 0.25)).toBe('.a');
    expect(firstDifference({ a: 1 }, { a: NaN }, 0.25)).toBe('.a');
    expect(firstDifference([[1]], [[1.25]], 0.5)).toBeUndefined();
  });
});

test('deepFreeze leaves nothing that could be changed', () => {
  const value = deepFreeze({ list: [{ a: 1 }], none: null, text: 'x', act: () => 5 });
  expect(() => (value.list[0]!.a = 2)).toThrow(TypeError);
  expect(() => value.list.push({ a: 3 })).toThrow(TypeError);
  expect(value).toMatchObject({ list: [{ a: 1 }], none: null, text: 'x' });
});
