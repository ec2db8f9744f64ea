import fc from 'fast-check';
import type { JournalRecord } from '../../../src/scheduler/journal/index.js';

/** Objects like those of JSON. */
const plain = { noNullPrototype: true } as const;

const atMs = fc.double({ min: -(2 ** 43), max: 2 ** 43, noNaN: true }).map((value) => value + 0);
const id = fc.string({
  minLength: 1,
  unit: fc.constantFrom('a', '"', '\\', '\n', '\0', '\u007f', 'é', '\u2028', '\ud800', '🎨'),
});
const detail = fc.string({ unit: 'binary' });

/** JSON has no -0. */
const payload = fc.jsonValue().map((value): unknown => JSON.parse(JSON.stringify(value)));

const request = fc
  .record({
    id,
    shape: id,
    steps: fc.integer({ min: 1, max: 100 }),
    times: fc.tuple(atMs, atMs),
    startStep: fc.nat(99),
    weight: fc.double({ min: 0, minExcluded: true, noDefaultInfinity: true, noNaN: true }),
  })
  .map(({ times: [a, b], startStep, steps, ...fields }) => ({
    ...fields,
    steps,
    arrivalMs: Math.min(a, b),
    deadlineMs: Math.max(a, b),
    startStep: startStep % steps,
  }));

const settlement = fc.oneof(
  fc.record({ status: fc.constant('completed' as const), onTime: fc.boolean() }, plain),
  fc.record({ status: fc.constant('cancelled' as const) }, plain),
  fc.record(
    {
      status: fc.constant('failed' as const),
      reason: fc.constantFrom('steps-failed' as const, 'crashed' as const),
      detail,
    },
    plain,
  ),
  fc.record(
    {
      status: fc.constant('refused' as const),
      reason: fc.constantFrom('draining' as const, 'out-of-memory' as const),
      detail,
    },
    plain,
  ),
);

/** Any record. */
export const anyRecord: fc.Arbitrary<JournalRecord> = fc.oneof(
  fc.record(
    { type: fc.constant('submit' as const), atMs, request, payload },
    { requiredKeys: ['type', 'atMs', 'request'], ...plain },
  ),
  fc.record({ type: fc.constant('start' as const), atMs, requestId: id }, plain),
  fc.record({ type: fc.constant('settle' as const), atMs, requestId: id, settlement }, plain),
);

/** A record that is told from others by its number. */
export function numbered(number: number): JournalRecord {
  return { type: 'start', atMs: number, requestId: `r${number}` };
}

export const submitted: JournalRecord = {
  type: 'submit',
  atMs: 5,
  request: { id: 'r1', shape: '512x512', steps: 20, arrivalMs: 5, deadlineMs: 900.5, startStep: 0, weight: 1 },
  payload: { prompt: 'ein Käfer' },
};

export const failed: JournalRecord = {
  type: 'settle',
  atMs: 7,
  requestId: 'r1',
  settlement: { status: 'failed', reason: 'steps-failed', detail: '' },
};
