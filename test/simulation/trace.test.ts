import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TetriError, type GenerationRequest } from '../../src/model/index.js';
import { builtinProfile } from '../../src/profile/index.js';
import { formatTrace, parseTrace, type Trace } from '../../src/simulation/trace.js';

const flux = builtinProfile('flux.1-dev_h100');
const request: GenerationRequest = { id: 'r1', shape: '1024x1024', steps: 28, arrivalMs: 0, deadlineMs: 3000 };
const traceOf = (...requests: unknown[]): unknown => ({ schemaVersion: 1, requests });
const complete = { startStep: 0, weight: 1 };

const requests: fc.Arbitrary<GenerationRequest> = fc
  .record(
    {
      id: fc.string({ minLength: 1 }),
      shape: fc.constantFrom('256x256', '1360x768', '1280x720x129'),
      steps: fc.integer({ min: 1, max: 50 }),
      arrivalMs: fc.constantFrom(-1, 0, 0.1, 5),
      dueMs: fc.constantFrom(0, 1, 1000),
      startStep: fc.nat(49),
      weight: fc.constantFrom(1, 0.5, 3),
    },
    { requiredKeys: ['id', 'shape', 'steps', 'arrivalMs', 'dueMs'] },
  )
  .map(({ dueMs, startStep, ...rest }) => ({
    ...rest,
    deadlineMs: rest.arrivalMs + dueMs,
    ...(startStep === undefined ? {} : { startStep: startStep % rest.steps }),
  }));
const requestLists = fc.uniqueArray(requests, { selector: ({ id }) => id, maxLength: 12 });

describe('parseTrace', () => {
  it('puts requests in order of arrival, then in the total order, with defaults filled in', () => {
    const late = { ...request, id: 'late', arrivalMs: 10 };
    const urgent = { ...request, id: 'urgent', deadlineMs: 2000 };
    const twin = { ...request, id: 'a', startStep: 5, weight: 2 };
    expect(parseTrace(traceOf(late, request, urgent, twin))).toEqual({
      schemaVersion: 1,
      requests: [
        { ...urgent, ...complete },
        { ...twin, startStep: 5, weight: 2 },
        { ...request, ...complete },
        { ...late, ...complete },
      ],
    });
  });

  it('allows a trace of no requests', () => {
    expect(parseTrace(traceOf(), flux)).toEqual({ schemaVersion: 1, requests: [] });
  });

  it('drops fields that it does not know', () => {
    expect(parseTrace({ ...(traceOf({ ...request, prompt: 'a cat' }) as object), comment: 'x' })).toEqual(
      parseTrace(traceOf(request)),
    );
  });

  it('takes shapes that the profile interpolates', () => {
    expect(parseTrace(traceOf({ ...request, shape: '1360x768' }), flux).requests).toHaveLength(1);
  });

  const second = (more: object): unknown => traceOf(request, { ...request, id: 'r2', ...more });
  it.each<[string, unknown, string, string, unknown]>([
    ['no object', 'trace', 'invalid-type', '', 'trace'],
    ['a missing version', { requests: [] }, 'unsupported-schema-version', 'schemaVersion', undefined],
    [
      'another version',
      { schemaVersion: 2, requests: 'of tomorrow' },
      'unsupported-schema-version',
      'schemaVersion',
      2,
    ],
    ['missing requests', { schemaVersion: 1 }, 'invalid-type', 'requests', undefined],
    ['requests by id', { schemaVersion: 1, requests: {} }, 'invalid-type', 'requests', {}],
    ['a request that is no object', traceOf(request, 7), 'invalid-type', 'requests[1]', 7],
    ['an id twice', second({ id: 'r1' }), 'duplicate-request', 'requests[1].id', 'r1'],
    ['a missing id', second({ id: undefined }), 'invalid-type', 'requests[1].id', undefined],
    ['an empty id', second({ id: '' }), 'out-of-range', 'requests[1].id', ''],
    ['a shape that is no text', second({ shape: 1024 }), 'invalid-type', 'requests[1].shape', 1024],
    ['no shape id', second({ shape: 'large' }), 'invalid-shape', 'requests[1].shape', 'large'],
    ['a shape out of range', second({ shape: '4096x4096' }), 'unknown-shape', 'requests[1].shape', '4096x4096'],
    ['no steps', second({ steps: 0 }), 'out-of-range', 'requests[1].steps', 0],
    ['half a step', second({ steps: 0.5 }), 'out-of-range', 'requests[1].steps', 0.5],
    ['missing steps', second({ steps: undefined }), 'invalid-type', 'requests[1].steps', undefined],
    ['a missing arrival', second({ arrivalMs: undefined }), 'invalid-type', 'requests[1].arrivalMs', undefined],
    ['an arrival of NaN', second({ arrivalMs: NaN }), 'out-of-range', 'requests[1].arrivalMs', NaN],
    ['an endless deadline', second({ deadlineMs: Infinity }), 'out-of-range', 'requests[1].deadlineMs', Infinity],
    ['a deadline in quotes', second({ deadlineMs: '9' }), 'invalid-type', 'requests[1].deadlineMs', '9'],
    ['due before it arrives', second({ deadlineMs: -1 }), 'deadline-before-arrival', 'requests[1].deadlineMs', -1],
    ['no step left', second({ startStep: 28 }), 'too-many-steps-done', 'requests[1].startStep', 28],
    ['a negative first step', second({ startStep: -1 }), 'out-of-range', 'requests[1].startStep', -1],
    ['no weight', second({ weight: 0 }), 'out-of-range', 'requests[1].weight', 0],
  ])('refuses %s', (_, value, code, path, received) => {
    const error = thrownBy(() => parseTrace(value, flux));
    expect(error).toMatchObject({ code, path });
    expect(error.received).toEqual(received);
    const inside = path === '' ? 'trace' : `trace.${path}`;
    expect(thrownBy(() => parseTrace(value, flux, 'trace'))).toMatchObject({ code, path: inside });
  });

  it('refuses what is no shape id without a profile, too', () => {
    expect(thrownBy(() => parseTrace(second({ shape: 'large' })))).toMatchObject({
      code: 'invalid-shape',
      path: 'requests[1].shape',
    });
    expect(parseTrace(second({ shape: '4096x4096' })).requests).toHaveLength(2);
  });

  it('does not depend on the order of the requests', () => {
    fc.assert(
      fc.property(requestLists, (list) => {
        expect(parseTrace(traceOf(...list.toReversed()))).toEqual(parseTrace(traceOf(...list)));
      }),
    );
  });
});

describe('formatTrace', () => {
  it('writes one request a line, defaults left out', () => {
    const trace: Trace = {
      schemaVersion: 1,
      requests: [
        { ...request, ...complete },
        { ...request, id: 'r2', startStep: 5, weight: 2 },
      ],
    };
    expect(formatTrace(trace)).toBe(
      '{"schemaVersion":1,"requests":[\n' +
        '{"id":"r1","shape":"1024x1024","steps":28,"arrivalMs":0,"deadlineMs":3000},\n' +
        '{"id":"r2","shape":"1024x1024","steps":28,"arrivalMs":0,"deadlineMs":3000,"startStep":5,"weight":2}\n' +
        ']}\n',
    );
    expect(formatTrace({ schemaVersion: 1, requests: [] })).toBe('{"schemaVersion":1,"requests":[]}\n');
  });

  it('keeps fields out that are not of the schema', () => {
    const extra = { ...request, prompt: 'a cat' };
    expect(formatTrace({ schemaVersion: 1, requests: [extra] })).not.toContain('cat');
  });

  it('is undone by parseTrace', () => {
    fc.assert(
      fc.property(requestLists, (list) => {
        const trace = parseTrace(traceOf(...list));
        const text = formatTrace(trace);
        expect(parseTrace(JSON.parse(text))).toEqual(trace);
        expect(formatTrace(parseTrace(JSON.parse(text)))).toBe(text);
        expect(text.endsWith('}\n')).toBe(true);
      }),
    );
  });
});

function thrownBy(action: () => unknown): TetriError {
  try {
    action();
  } catch (error) {
    if (TetriError.isInstance(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
