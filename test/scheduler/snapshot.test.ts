import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPolicy, policyNames } from '../../src/policies/index.js';
import { restoreSchedulerCore, type SchedulerCore, type SchedulerSnapshot } from '../../src/scheduler/index.js';
import { coreOn, done, profile, runIn, submit, untimed } from './tools.js';

/** A core in the middle of things: one request runs, one is decoded, one waits, a GPU is lost. */
function busyCore(): SchedulerCore {
  const core = coreOn(3);
  core.handle({ type: 'gpu-lost', atMs: 1, gpu: 2 });
  core.handle([submit('a', 2, { shape: '128x128' }), submit('b', 2), submit('c', 3)]);
  core.handle(done(1, 165, 4));
  return core;
}

const restore = (snapshot: unknown): SchedulerCore =>
  restoreSchedulerCore(snapshot as SchedulerSnapshot, { profile, policy: createPolicy('fixed-1'), ...untimed });

it('goes through JSON unchanged', () => {
  const snapshot = busyCore().snapshot();
  expect(snapshot.schemaVersion).toBe(1);
  expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
  expect(restore(snapshot).snapshot()).toEqual(snapshot);
});

it('of a core that has seen nothing is one of a core that has seen nothing', () => {
  const snapshot = coreOn(2).snapshot();
  const core = restore(JSON.parse(JSON.stringify(snapshot)));
  expect(core.snapshot()).toEqual(snapshot);
  // Events before the epoch are fine.
  expect(runIn(core.handle(submit('a', -5))).gpus).toEqual([0]);
});

it('shares nothing with the core, in either direction', () => {
  const core = busyCore();
  const snapshot = core.snapshot();
  const text = JSON.stringify(snapshot);
  core.handle([{ type: 'gpu-back', atMs: 170, gpu: 2 }, submit('d', 170), done(2, 170, 4)]);
  expect(JSON.stringify(snapshot)).toBe(text);

  const later = JSON.stringify(core.snapshot());
  shred(core.snapshot());
  expect(JSON.stringify(core.snapshot())).toBe(later);

  const restored = restore(snapshot);
  shred(snapshot);
  expect(JSON.stringify(restored.snapshot())).toBe(text);
});

/** Ruins an object as deep as it goes. */
function shred(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const part of Object.values(value)) shred(part);
  if (Array.isArray(value)) value.length = 0;
  else for (const key of Object.keys(value)) Object.assign(value, { [key]: 'gone' });
}

it('keeps chunk ids unique', () => {
  const core = busyCore();
  const restored = restore(core.snapshot());
  const next = runIn(restored.handle([{ type: 'gpu-back', atMs: 170, gpu: 2 }]));
  expect(next.chunkId).toBe(3);
});

it.each(policyNames)('lets %s go on after each event exactly as before', (name) => {
  const options = { ...untimed, profile, policy: createPolicy(name) };
  const events = [
    submit('a', 0, { shape: '128x128' }),
    submit('b', 1),
    submit('c', 2),
    { type: 'gpu-lost', atMs: 3, gpu: 1 },
    { type: 'cancel', atMs: 4, requestId: 'b' },
    { type: 'gpu-back', atMs: 5, gpu: 1 },
    { type: 'time', atMs: 60 },
    submit('d', 61),
    { type: 'time', atMs: 120 },
  ] as const;
  let last = coreOn(2, options);
  const first = coreOn(2, options);
  for (const event of events) {
    last = restoreSchedulerCore(JSON.parse(JSON.stringify(last.snapshot())) as SchedulerSnapshot, options);
    expect(last.handle(event)).toEqual(first.handle(event));
  }
});

describe('what is no snapshot', () => {
  const refused = expect.objectContaining({ name: 'TetriError' }) as Error;
  const good = busyCore().snapshot();
  const state = good.state as Record<string, unknown>;

  it.each([0, 2, '1', null, undefined])('of version %s is refused', (schemaVersion) => {
    expect(() => restore({ ...good, schemaVersion })).toThrow(
      expect.objectContaining({ code: 'unsupported-schema-version', path: 'snapshot.schemaVersion' }),
    );
  });

  it.each(Object.keys(state))('without %s is refused', (field) => {
    const rest = Object.fromEntries(Object.entries(state).filter(([key]) => key !== field));
    expect(() => restore({ ...good, state: rest })).toThrow(refused);
  });

  it.each(
    Object.keys(state).flatMap((field) => [[field, 'text'] as const, [field, [null]] as const, [field, [7]] as const]),
  )('with a strange %s (%j) is refused', (field, value) => {
    expect(() => restore({ ...good, state: { ...state, [field]: value } })).toThrow(refused);
  });

  it('is refused, whatever it is', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(() => restore(value)).toThrow(refused);
        expect(() => restore({ schemaVersion: 1, state: value })).toThrow(refused);
      }),
    );
  });
});
