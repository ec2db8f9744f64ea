import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCluster, parseCluster, parseGpuIds, TetriError } from '../../src/model/index.js';

const errorOf = (code: string, path: string): TetriError => expect.objectContaining({ code, path }) as TetriError;

describe('createCluster', () => {
  test('is one domain by default', () => {
    expect(createCluster(2)).toEqual({
      gpus: [
        { id: 0, domain: 0 },
        { id: 1, domain: 0 },
      ],
    });
  });

  test('cuts domains of equal size, the last one possibly smaller', () => {
    expect(createCluster(5, 2).gpus.map(({ domain }) => domain)).toEqual([0, 0, 1, 1, 2]);
    expect(createCluster(2, 8).gpus.map(({ domain }) => domain)).toEqual([0, 0]);
  });

  test('is a valid cluster', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 1, max: 70 }), (count, size) => {
        const cluster = createCluster(count, size);
        expect(parseCluster(cluster)).toEqual(cluster);
        expect(cluster.gpus).toHaveLength(count);
      }),
    );
  });

  test.each([0, -1, 1.5, NaN, Infinity])('refuses %s GPUs', (count) => {
    expect(() => createCluster(count)).toThrow(errorOf('out-of-range', 'gpuCount'));
    expect(() => createCluster(4, count)).toThrow(errorOf('out-of-range', 'domainSize'));
  });
});

describe('parseCluster', () => {
  test('sorts by id, and fills in the domain', () => {
    expect(parseCluster({ gpus: [{ id: 10 }, { id: 9, domain: 1 }, { id: 0 }] })).toEqual({
      gpus: [
        { id: 0, domain: 0 },
        { id: 9, domain: 1 },
        { id: 10, domain: 0 },
      ],
    });
  });

  test('leaves its argument alone', () => {
    const gpus = Object.freeze([{ id: 1 }, { id: 0 }].map((gpu) => Object.freeze(gpu)));
    expect(parseCluster({ gpus }).gpus.map(({ id }) => id)).toEqual([0, 1]);
  });

  test.each([
    ['no object', null, 'invalid-type', 'c'],
    ['a list', [], 'invalid-type', 'c'],
    ['no GPUs', {}, 'invalid-type', 'c.gpus'],
    ['zero GPUs', { gpus: [] }, 'empty', 'c.gpus'],
    ['a GPU that is a number', { gpus: [0] }, 'invalid-type', 'c.gpus[0]'],
    ['no id', { gpus: [{}] }, 'invalid-type', 'c.gpus[0].id'],
    ['an id below 0', { gpus: [{ id: -1 }] }, 'out-of-range', 'c.gpus[0].id'],
    ['a broken id', { gpus: [{ id: 0.5 }] }, 'out-of-range', 'c.gpus[0].id'],
    ['a GPU twice', { gpus: [{ id: 1 }, { id: 1 }] }, 'duplicate-gpu', 'c.gpus[1].id'],
    ['a hole among GPUs', { gpus: Array(1) }, 'invalid-type', 'c.gpus[0]'],
    ['a bad domain', { gpus: [{ id: 1, domain: 'a' }] }, 'invalid-type', 'c.gpus[0].domain'],
    ['a domain below 0', { gpus: [{ id: 1, domain: -1 }] }, 'out-of-range', 'c.gpus[0].domain'],
    ['a domain of null', { gpus: [{ id: 1, domain: null }] }, 'invalid-type', 'c.gpus[0].domain'],
  ])('refuses %s', (_, value, code, path) => {
    expect(() => parseCluster(value, 'c')).toThrow(errorOf(code, path));
    expect(() => parseCluster(value)).toThrow(errorOf(code, path.replace(/^c\.?/, '')));
  });

  test('gives a cluster or a TetriError, whatever the value', () => {
    const anything = fc.anything({ withBigInt: true, withSparseArray: true, withNullPrototype: true });
    fc.assert(
      fc.property(anything, (value) => {
        for (const bad of [value, { gpus: value }, { gpus: [value] }, { gpus: [{ id: value }] }]) {
          try {
            expect(parseCluster(bad).gpus.every((gpu) => gpu.id >= 0)).toBe(true);
          } catch (error) {
            expect(TetriError.isInstance(error)).toBe(true);
          }
        }
      }),
    );
  });
});

describe('parseGpuIds', () => {
  test('keeps the order', () => {
    expect(parseGpuIds([3, 0, 12], 'gpus')).toEqual([3, 0, 12]);
    expect(parseGpuIds([], 'gpus')).toEqual([]);
  });

  test.each([
    ['a text', '0,1', 'invalid-type', 'gpus'],
    ['an object', { 0: 1 }, 'invalid-type', 'gpus'],
    ['a text among ids', [0, '1'], 'invalid-type', 'gpus[1]'],
    ['an id below 0', [-1], 'out-of-range', 'gpus[0]'],
    ['NaN', [0, NaN], 'out-of-range', 'gpus[1]'],
    ['an id twice', [2, 1, 2], 'duplicate-gpu', 'gpus'],
    ['a hole', Array(1), 'invalid-type', 'gpus[0]'],
  ])('refuses %s', (_, value, code, path) => {
    expect(() => parseGpuIds(value, 'gpus')).toThrow(errorOf(code, path));
  });
});
