import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { latentTokens, TetriError } from '../../src/model/index.js';
import { parseProfile } from '../../src/profile/index.js';
import { squareOf, stepProfile, stepProfiles } from './fixtures.js';

type Fields = Record<string, unknown>;

/** The toy profile with one field of its first shape replaced. */
const shapeWith = (more: Fields): Fields => ({ ...stepProfile(), shapes: [{ ...stepProfile().shapes[0], ...more }] });
const profileWith = (more: Fields): Fields => ({ ...stepProfile(), ...more });

describe('parseProfile refuses', () => {
  const first = stepProfile().shapes[0]!;
  it.each<[string, unknown, string, string, unknown]>([
    ['no object', null, 'invalid-type', '', null],
    ['an array', [], 'invalid-type', '', []],
    [
      'a missing version',
      profileWith({ schemaVersion: undefined }),
      'unsupported-schema-version',
      'schemaVersion',
      undefined,
    ],
    ['another version', profileWith({ schemaVersion: 2 }), 'unsupported-schema-version', 'schemaVersion', 2],
    ['a missing model', profileWith({ model: undefined }), 'invalid-type', 'model', undefined],
    ['an empty model', profileWith({ model: '' }), 'out-of-range', 'model', ''],
    ['an accelerator that is no text', profileWith({ accelerator: 7 }), 'invalid-type', 'accelerator', 7],
    ['a missing source', profileWith({ source: undefined }), 'invalid-type', 'source', undefined],
    ['a source of no kind', profileWith({ source: {} }), 'invalid-type', 'source.kind', undefined],
    [
      'a source of another kind',
      profileWith({ source: { kind: 'guessed' } }),
      'out-of-range',
      'source.kind',
      'guessed',
    ],
    ['a remark that is no text', profileWith({ source: { kind: 'measured', by: 1 } }), 'invalid-type', 'source.by', 1],
    ['an empty remark', profileWith({ source: { kind: 'measured', note: '' } }), 'out-of-range', 'source.note', ''],
    ['missing degrees', profileWith({ degrees: undefined }), 'invalid-type', 'degrees', undefined],
    ['no degrees', profileWith({ degrees: [] }), 'empty', 'degrees', []],
    ['degree 0', profileWith({ degrees: [0, 1] }), 'out-of-range', 'degrees[0]', 0],
    ['half a degree', profileWith({ degrees: [1, 1.5] }), 'out-of-range', 'degrees[1]', 1.5],
    ['a degree in quotes', profileWith({ degrees: ['1'] }), 'invalid-type', 'degrees[0]', '1'],
    ['falling degrees', profileWith({ degrees: [1, 4, 2] }), 'out-of-range', 'degrees[2]', 2],
    ['equal degrees', profileWith({ degrees: [1, 2, 2] }), 'out-of-range', 'degrees[2]', 2],
    ['missing shapes', profileWith({ shapes: undefined }), 'invalid-type', 'shapes', undefined],
    ['no shapes', profileWith({ shapes: [] }), 'empty', 'shapes', []],
    ['a shape that is no object', profileWith({ shapes: ['256x256'] }), 'invalid-type', 'shapes[0]', '256x256'],
    ['a shape twice', profileWith({ shapes: [first, first] }), 'duplicate-shape', 'shapes[1].id', '256x256'],
    ['a shape without id', shapeWith({ id: undefined }), 'invalid-type', 'shapes[0].id', undefined],
    ['an id of another form', shapeWith({ id: 'square' }), 'invalid-shape', 'shapes[0].id', 'square'],
    ['an id of other size', shapeWith({ id: '256x512' }), 'invalid-shape', 'shapes[0].id', '256x512'],
    ['an id with needless frames', shapeWith({ id: '256x256x1' }), 'invalid-shape', 'shapes[0].id', '256x256x1'],
    ['other frames than the id says', shapeWith({ frames: 17 }), 'invalid-shape', 'shapes[0].id', '256x256'],
    ['width 0', shapeWith({ width: 0 }), 'out-of-range', 'shapes[0].width', 0],
    ['a fractional height', shapeWith({ height: 256.5 }), 'out-of-range', 'shapes[0].height', 256.5],
    ['missing frames', shapeWith({ frames: undefined }), 'invalid-type', 'shapes[0].frames', undefined],
    ['no tokens', shapeWith({ tokens: 0 }), 'out-of-range', 'shapes[0].tokens', 0],
    ['fractional tokens', shapeWith({ tokens: 1.5 }), 'out-of-range', 'shapes[0].tokens', 1.5],
    ['null tokens', shapeWith({ tokens: null }), 'invalid-type', 'shapes[0].tokens', null],
    ['missing step times', shapeWith({ stepMs: undefined }), 'invalid-type', 'shapes[0].stepMs', undefined],
    ['a list of step times', shapeWith({ stepMs: [20, 22] }), 'invalid-type', 'shapes[0].stepMs', [20, 22]],
    ['no step times', shapeWith({ stepMs: {} }), 'empty', 'shapes[0].stepMs', {}],
    ['an unlisted degree', shapeWith({ stepMs: { '1': 20, '8': 5 } }), 'unknown-degree', 'shapes[0].stepMs["8"]', '8'],
    ['a padded degree', shapeWith({ stepMs: { '01': 20 } }), 'unknown-degree', 'shapes[0].stepMs["01"]', '01'],
    ['a degree in words', shapeWith({ stepMs: { one: 20 } }), 'unknown-degree', 'shapes[0].stepMs["one"]', 'one'],
    ['a step of 0 ms', shapeWith({ stepMs: { '1': 0 } }), 'out-of-range', 'shapes[0].stepMs["1"]', 0],
    ['a step of -1 ms', shapeWith({ stepMs: { '1': 1, '4': -1 } }), 'out-of-range', 'shapes[0].stepMs["4"]', -1],
    ['an endless step', shapeWith({ stepMs: { '1': Infinity } }), 'out-of-range', 'shapes[0].stepMs["1"]', Infinity],
    ['a step of NaN ms', shapeWith({ stepMs: { '1': NaN } }), 'out-of-range', 'shapes[0].stepMs["1"]', NaN],
    ['a step time in quotes', shapeWith({ stepMs: { '1': '20' } }), 'invalid-type', 'shapes[0].stepMs["1"]', '20'],
    ['a list of batches', shapeWith({ batchStepMs: [] }), 'invalid-type', 'shapes[0].batchStepMs', []],
    [
      'a batch of one',
      shapeWith({ batchStepMs: { '1': { '1': 9 } } }),
      'out-of-range',
      'shapes[0].batchStepMs["1"]',
      1,
    ],
    [
      'half a batch',
      shapeWith({ batchStepMs: { '2.5': { '1': 9 } } }),
      'invalid-type',
      'shapes[0].batchStepMs["2.5"]',
      '2.5',
    ],
    [
      'a padded batch',
      shapeWith({ batchStepMs: { '02': { '1': 9 } } }),
      'invalid-type',
      'shapes[0].batchStepMs["02"]',
      '02',
    ],
    ['a batch of no times', shapeWith({ batchStepMs: { '2': {} } }), 'empty', 'shapes[0].batchStepMs["2"]', {}],
    [
      'a batch at an unlisted degree',
      shapeWith({ batchStepMs: { '2': { '8': 9 } } }),
      'unknown-degree',
      'shapes[0].batchStepMs["2"]["8"]',
      '8',
    ],
    [
      'a batch at a degree that its shape does not have',
      shapeWith({ stepMs: { '1': 20 }, batchStepMs: { '2': { '2': 9 } } }),
      'unknown-degree',
      'shapes[0].batchStepMs["2"]["2"]',
      '2',
    ],
    [
      'a batch of 0 ms',
      shapeWith({ batchStepMs: { '2': { '1': 0 } } }),
      'out-of-range',
      'shapes[0].batchStepMs["2"]["1"]',
      0,
    ],
    ['negative encoding', shapeWith({ encodeMs: -1 }), 'out-of-range', 'shapes[0].encodeMs', -1],
    ['null encoding', shapeWith({ encodeMs: null }), 'invalid-type', 'shapes[0].encodeMs', null],
    ['endless decoding', shapeWith({ decodeMs: Infinity }), 'out-of-range', 'shapes[0].decodeMs', Infinity],
    ['negative variation', shapeWith({ stepCv: -0.1 }), 'out-of-range', 'shapes[0].stepCv', -0.1],
    ['variation of the mean', shapeWith({ stepCv: 1 }), 'out-of-range', 'shapes[0].stepCv', 1],
  ])('%s', (_, value, code, path, received) => {
    const error = thrownBy(() => parseProfile(value));
    expect(error).toMatchObject({ code, path });
    expect(error.received).toEqual(received);
    // Inside something larger, the path starts there.
    expect(thrownBy(() => parseProfile(value, 'profile'))).toMatchObject({
      path: path === '' ? 'profile' : `profile.${path}`,
    });
  });

  it('a key from the prototype chain as a degree', () => {
    const stepMs: unknown = JSON.parse('{"__proto__": 20}');
    expect(thrownBy(() => parseProfile(shapeWith({ stepMs })))).toMatchObject({ code: 'unknown-degree' });
  });

  it('anything else with a TetriError', () => {
    fc.assert(
      fc.property(
        fc.anything(),
        fc.anything(),
        fc.constantFrom('source', 'degrees', 'shapes', 'model'),
        (value, part, key) => {
          expect(thrownBy(() => parseProfile(value))).toBeInstanceOf(TetriError);
          expectParsedOrTetriError(profileWith({ [key]: part }));
          expectParsedOrTetriError(shapeWith({ stepMs: part }));
          expectParsedOrTetriError(shapeWith({ batchStepMs: part }));
        },
      ),
    );
  });
});

describe('parseProfile', () => {
  it('sorts shapes by tokens, then by id, and derives what planners ask for', () => {
    const shapes = [
      squareOf(1024, { '4': 50, '1': 160 }),
      squareOf(512, { '1': 40, '2': 30, '4': 30 }),
      squareOf(256, { '1': 50 }, { tokens: 4096 }),
    ];
    const profile = parseProfile(stepProfile({ shapes }));
    expect(profile.shapes.map(({ id }) => id)).toEqual(['512x512', '1024x1024', '256x256']);
    expect(profile.shape('512x512')).toEqual({
      id: '512x512',
      width: 512,
      height: 512,
      frames: 1,
      tokens: 1024,
      interpolated: false,
      degrees: [1, 2, 4],
      stepMs: [40, 30, 30],
      stepGpuMs: [40, 60, 120],
      fastest: 1,
      minStepMs: 30,
      cheapest: 0,
      batches: [],
      encodeMs: 0,
      decodeMs: 0,
      stepCv: undefined,
    });
    expect(profile.shape('1024x1024')).toMatchObject({
      degrees: [1, 4],
      stepMs: [160, 50],
      stepGpuMs: [160, 200],
      fastest: 1,
    });
  });

  it('aligns batches with the degrees of their shape, by ascending size', () => {
    const batchStepMs = { '4': { '2': 70, '1': 60 }, '2': { '2': 35 } };
    const profile = parseProfile(stepProfile({ shapes: [squareOf(256, { '1': 20, '2': 22 }, { batchStepMs })] }));
    expect(profile.shape('256x256').batches).toEqual([
      { size: 2, stepMs: [undefined, 35] },
      { size: 4, stepMs: [60, 70] },
    ]);
  });

  it('keeps the source and drops fields that it does not know', () => {
    const source = { kind: 'estimated', by: 'a', path: 'b', commit: 'c', note: 'd' } as const;
    expect(parseProfile({ ...stepProfile(), source: { ...source, extra: 1 } }).source).toEqual(source);
    expect(parseProfile(stepProfile({ source: { kind: 'measured' } })).source).toEqual({ kind: 'measured' });
  });

  it('reads every valid profile, and the same after JSON', () => {
    fc.assert(
      fc.property(stepProfiles, (step) => {
        const profile = parseProfile(step);
        const again = parseProfile(JSON.parse(JSON.stringify(step)));
        expect({ ...again, shape: undefined }).toEqual({ ...profile, shape: undefined });
        for (const shape of step.shapes) {
          const times = profile.shape(shape.id);
          expect(times.tokens).toBe(shape.tokens ?? latentTokens(shape));
          expect(Object.fromEntries(times.degrees.map((degree, index) => [degree, times.stepMs[index]]))).toEqual(
            shape.stepMs,
          );
          expect(times.minStepMs).toBe(Math.min(...Object.values(shape.stepMs)));
          expect(times.degrees).toEqual(times.degrees.toSorted((a, b) => a - b));
        }
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

function expectParsedOrTetriError(value: unknown): void {
  try {
    expect(parseProfile(value).shapes.length).toBeGreaterThan(0);
  } catch (error) {
    if (!TetriError.isInstance(error)) throw error;
  }
}
