import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCluster } from '../../src/model/index.js';
import { createPolicy, horizon, policyNames, tetriserve } from '../../src/policies/index.js';
import { createSchedulerCore, type SchedulerCoreOptions, type SchedulerEvent } from '../../src/scheduler/index.js';
import { coreOn, done, failed, profile, submit, typesOf } from './tools.js';

const at = (atMs: number, more: object = {}): SchedulerEvent => ({ ...submit('new', 0), atMs, ...more });

/** Events that are refused by a core with two GPUs on which `a` runs. */
const bad: readonly (readonly [string, SchedulerEvent, { code: string; path: string }])[] = [
  ['an id that is alive', submit('a', 1), { code: 'duplicate-request', path: 'request.id' }],
  ['a shape out of range', submit('new', 1, { shape: '4096x4096' }), { code: 'unknown-shape', path: 'request.shape' }],
  ['no shape', submit('new', 1, { shape: 'big' }), { code: 'invalid-shape', path: 'request.shape' }],
  ['no steps', submit('new', 1, { steps: 0 }), { code: 'out-of-range', path: 'request.steps' }],
  ['no id', submit('', 1), { code: 'out-of-range', path: 'request.id' }],
  [
    'a deadline in the past',
    submit('new', 1, { deadlineMs: 0 }),
    { code: 'deadline-before-arrival', path: 'request.deadlineMs' },
  ],
  ['no step left', submit('new', 1, { startStep: 4 }), { code: 'too-many-steps-done', path: 'request.startStep' }],
  ['no request', at(1, { request: undefined }), { code: 'invalid-type', path: 'request' }],
  ['no time', at(NaN), { code: 'out-of-range', path: 'event.atMs' }],
  ['a time that never comes', at(Infinity), { code: 'out-of-range', path: 'event.atMs' }],
  ['a GPU that is not there', { type: 'gpu-lost', atMs: 1, gpu: 2 }, { code: 'unknown-gpu', path: 'event.gpu' }],
  ['a GPU that was never there', { type: 'gpu-back', atMs: 1, gpu: -1 }, { code: 'unknown-gpu', path: 'event.gpu' }],
  ['steps that are no number', done(1, 1, NaN), { code: 'out-of-range', path: 'event.steps' }],
  ['half a step', done(1, 1, 0.5), { code: 'out-of-range', path: 'event.steps' }],
  ['fewer steps than none', failed(1, 1, { steps: -1 }), { code: 'out-of-range', path: 'event.steps' }],
];

describe.each(bad)('an event with %s', (_, event, error) => {
  it.each(policyNames)('is refused and changes nothing (%s)', (name) => {
    const core = coreOn(2, { policy: createPolicy(name) });
    core.handle(submit('a'));
    const before = core.snapshot();
    expect(() => core.handle(event)).toThrow(expect.objectContaining({ name: 'TetriError', ...error }));
    expect(core.snapshot()).toEqual(before);
  });

  it('takes the good events of its call with it, before and after it', () => {
    const core = coreOn(2);
    core.handle(submit('a'));
    const before = core.snapshot();
    const good: readonly SchedulerEvent[] = [
      submit('b', 1),
      done(1, 1, 4),
      { type: 'gpu-lost', atMs: 1, gpu: 1 },
      { type: 'cancel', atMs: 1, requestId: 'a' },
    ];
    for (let index = 0; index <= good.length; index++) {
      const events = [...good.slice(0, index), event, ...good.slice(index)];
      expect(() => core.handle(events)).toThrow(expect.objectContaining(error));
      expect(core.snapshot()).toEqual(before);
    }
    expect(typesOf(core.handle(good))).toContain('run');
  });
});

it('refuses two requests of one id in one call', () => {
  const core = coreOn(2);
  const before = core.snapshot();
  expect(() => core.handle([submit('a'), submit('a')])).toThrow(expect.objectContaining({ code: 'duplicate-request' }));
  expect(core.snapshot()).toEqual(before);
});

it('never throws anything but a TetriError for a request from outside', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.anything(), fc.record({ id: fc.anything(), shape: fc.anything(), steps: fc.anything() })),
      (request) => {
        const core = coreOn(1);
        const before = core.snapshot();
        expect(() => core.handle({ type: 'submit', atMs: 0, request: request as never })).toThrow(
          expect.objectContaining({ name: 'TetriError' }),
        );
        expect(core.snapshot()).toEqual(before);
      },
    ),
  );
});

describe('options', () => {
  it.each([
    ['no cluster', { gpus: [] }, {}, 'empty'],
    ['a GPU twice', { gpus: [{ id: 0, domain: 0 }, { id: 0, domain: 1 }] }, {}, 'duplicate-gpu'], // prettier-ignore
    ['no profile', createCluster(1), { profile: undefined }, 'invalid-type'],
    ['no failure allowed', createCluster(1), { maxFailures: 0 }, 'out-of-range'],
    ['half a failure', createCluster(1), { maxFailures: 1.5 }, 'out-of-range'],
    ['no patience', createCluster(1), { stallMs: 0 }, 'out-of-range'],
    ['a word for patience', createCluster(1), { starvationMs: 'long' }, 'invalid-type'],
    ['an unknown admission', createCluster(1), { admit: 'some' }, 'out-of-range'],
    ['an unknown end for late requests', createCluster(1), { whenLate: 'shout' }, 'out-of-range'],
    ['an unknown way to be full', createCluster(1), { whenFull: 'burst' }, 'out-of-range'],
    ['room for nobody', createCluster(1), { limits: { requests: 0 } }, 'out-of-range'],
    ['a limit on memory that nothing counts against', createCluster(1), { limits: { memoryBytes: 1 } }, 'invalid-type'],
    ['half a correction', createCluster(1), { correction: 0.5 }, 'invalid-type'],
  ])('with %s are refused', (_, cluster, options, code) => {
    expect(() => createSchedulerCore(cluster, { profile, ...options } as never)).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it('default to horizon and three failures', () => {
    const commands = (options: Partial<SchedulerCoreOptions>) =>
      createSchedulerCore(createCluster(1), { profile, ...options }).handle(submit('a', 0));
    expect(commands({})).toEqual(commands({ policy: horizon(), maxFailures: 3 }));
    expect(commands({})).not.toEqual(commands({ policy: tetriserve() }));
  });
});
