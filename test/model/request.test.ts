import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareRequests, parseRequest, TetriError, type GenerationRequest } from '../../src/model/index.js';

const valid: GenerationRequest = { id: 'r1', shape: '512x512', steps: 20, arrivalMs: 100, deadlineMs: 2100 };

describe('parseRequest', () => {
  test('fills in the defaults', () => {
    expect(parseRequest(valid)).toEqual({ ...valid, startStep: 0, weight: 1 });
  });

  test('keeps what is given, and drops what it does not know', () => {
    expect(parseRequest({ ...valid, startStep: 5, weight: 0.5, colour: 'red' })).toEqual({
      ...valid,
      startStep: 5,
      weight: 0.5,
    });
  });

  test('takes its own result', () => {
    const once = parseRequest({ ...valid, weight: 3 });
    expect(parseRequest(once)).toEqual(once);
  });

  test('takes a deadline at the arrival, and times before 0', () => {
    expect(parseRequest({ ...valid, arrivalMs: -5, deadlineMs: -5 }).deadlineMs).toBe(-5);
  });

  test.each([
    ['id', undefined, 'invalid-type'],
    ['id', 7, 'invalid-type'],
    ['id', '', 'out-of-range'],
    ['shape', null, 'invalid-type'],
    ['shape', '', 'out-of-range'],
    ['steps', undefined, 'invalid-type'],
    ['steps', '20', 'invalid-type'],
    ['steps', 0, 'out-of-range'],
    ['steps', -1, 'out-of-range'],
    ['steps', 2.5, 'out-of-range'],
    ['steps', NaN, 'out-of-range'],
    ['steps', 2 ** 53, 'out-of-range'],
    ['arrivalMs', NaN, 'out-of-range'],
    ['arrivalMs', -Infinity, 'out-of-range'],
    ['arrivalMs', '100', 'invalid-type'],
    ['deadlineMs', undefined, 'invalid-type'],
    ['deadlineMs', Infinity, 'out-of-range'],
    ['deadlineMs', 99, 'deadline-before-arrival'],
    ['startStep', -1, 'out-of-range'],
    ['startStep', null, 'invalid-type'],
    ['startStep', 20, 'too-many-steps-done'],
    ['weight', 0, 'out-of-range'],
    ['weight', -1, 'out-of-range'],
    ['weight', Infinity, 'out-of-range'],
    ['weight', 5n, 'invalid-type'],
  ])('refuses %s %s as %s', (field, value, code) => {
    const bad = { ...valid, [field]: value };
    const error = expect.objectContaining({ code }) as TetriError;
    expect(() => parseRequest(bad)).toThrow(error);
    expect(() => parseRequest(bad, 'requests[3]')).toThrow(
      expect.objectContaining({ path: `requests[3].${field}`, received: value }) as TetriError,
    );
    expect(() => parseRequest(bad)).toThrow(expect.objectContaining({ path: field }) as TetriError);
  });

  test.each([null, undefined, 5, 'r1', [], [valid], true, Symbol('r'), () => valid])('refuses %s', (value) => {
    expect(() => parseRequest(value, 'here')).toThrow(
      expect.objectContaining({ code: 'invalid-type', path: 'here' }) as TetriError,
    );
  });

  test('gives a request or a TetriError, whatever the value', () => {
    const fields = fc.constantFrom('id', 'shape', 'steps', 'arrivalMs', 'deadlineMs', 'startStep', 'weight');
    fc.assert(
      fc.property(
        fields,
        fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true }),
        (field, value) => {
          for (const bad of [value, { ...valid, [field]: value }]) {
            try {
              expect(parseRequest(bad).steps).toBeGreaterThan(0);
            } catch (error) {
              expect(TetriError.isInstance(error)).toBe(true);
            }
          }
        },
      ),
    );
  });
});

describe('compareRequests', () => {
  // Few values, so that ties happen; and ids whose order as text differs from that of their numbers.
  const requests = fc.record({
    id: fc.constantFrom('r1', 'r2', 'r9', 'r10', 'R1', 'é', 'z', '\u{1f600}', '\uffff'),
    arrivalMs: fc.constantFrom(0, 1, 1e300, -1e300, 0.1 + 0.2, 0.3),
    deadlineMs: fc.constantFrom(0, -0, 1, 1.5e308, -1.5e308),
  });
  const sign = (a: typeof requests extends fc.Arbitrary<infer T> ? T : never, b: typeof a): number =>
    Math.sign(compareRequests(a, b));

  test('is a total order: of two requests exactly one comes first, unless all three fields are equal', () => {
    fc.assert(
      fc.property(requests, requests, (a, b) => {
        const same = a.id === b.id && a.arrivalMs === b.arrivalMs && a.deadlineMs === b.deadlineMs;
        expect(sign(a, b) === 0).toBe(same);
        expect(sign(a, b) + sign(b, a)).toBe(0);
      }),
    );
  });

  test('is a total order: whoever comes before one that comes before a third comes before the third', () => {
    fc.assert(
      fc.property(fc.tuple(requests, requests, requests), (three) => {
        const [a, b, c] = three.sort(compareRequests);
        expect(sign(a, b)).toBeLessThanOrEqual(0);
        expect(sign(b, c)).toBeLessThanOrEqual(0);
        expect(sign(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });

  test('sorts in one way only', () => {
    fc.assert(
      fc.property(fc.uniqueArray(requests, { selector: ({ id }) => id }), fc.nat(), (list, turn) => {
        const turned = [...list.slice(turn % (list.length + 1)), ...list.slice(0, turn % (list.length + 1))];
        expect(turned.reverse().sort(compareRequests)).toEqual(list.sort(compareRequests));
      }),
    );
  });

  test('puts the deadline first, then the arrival, then the id', () => {
    const order = [
      { id: 'z', arrivalMs: 9, deadlineMs: 1 },
      { id: 'y', arrivalMs: 0, deadlineMs: 2 },
      { id: 'r10', arrivalMs: 1, deadlineMs: 2 },
      { id: 'r9', arrivalMs: 1, deadlineMs: 2 },
    ];
    expect([...order].reverse().sort(compareRequests)).toEqual(order);
  });
});
