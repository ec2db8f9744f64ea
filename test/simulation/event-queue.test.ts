import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createEventQueue } from '../../src/simulation/event-queue.js';

it('is empty at first', () => {
  expect(createEventQueue().takeNext()).toEqual([]);
});

it('hands out all events of the earliest time, by rank and then as they were added', () => {
  const queue = createEventQueue<string>();
  queue.add(2, 0, 'later');
  queue.add(1, 1, 'b');
  queue.add(1, 0, 'a');
  queue.add(1, 1, 'c');
  expect(queue.takeNext().map(({ event }) => event)).toEqual(['a', 'b', 'c']);
  expect(queue.takeNext()).toMatchObject([{ atMs: 2, event: 'later' }]);
  expect(queue.takeNext()).toEqual([]);
});

it('takes times that differ by rounding for one', () => {
  const queue = createEventQueue<string>();
  queue.add(0.1 + 0.2, 0, 'sum');
  queue.add(0.3, 0, 'literal');
  queue.add(0.3 + 2e-6, 0, 'later');
  expect(queue.takeNext().map(({ event }) => event)).toEqual(['literal', 'sum']);
  expect(queue.takeNext().map(({ event }) => event)).toEqual(['later']);
});

it('works before time 0', () => {
  const queue = createEventQueue<string>();
  queue.add(-5, 0, 'a');
  queue.add(-7, 0, 'b');
  expect(queue.takeNext().map(({ event }) => event)).toEqual(['b']);
  expect(queue.takeNext().map(({ event }) => event)).toEqual(['a']);
});

it('does what a sorted list does', () => {
  const adds = fc.record({ atMs: fc.integer({ min: -5, max: 5 }), rank: fc.nat(3) });
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 4, arbitrary: adds }, { weight: 1, arbitrary: fc.constant('take' as const) })),
      (steps) => {
        const queue = createEventQueue<number>();
        let model: { atMs: number; rank: number; event: number }[] = [];
        const takeBoth = (): void => {
          model.sort((a, b) => a.atMs - b.atMs || a.rank - b.rank || a.event - b.event);
          const due = model.filter(({ atMs }) => atMs === model[0]!.atMs);
          model = model.slice(due.length);
          expect(queue.takeNext().map(({ atMs, event }) => ({ atMs, event }))).toEqual(
            due.map(({ atMs, event }) => ({ atMs, event })),
          );
        };
        for (const [serial, step] of steps.entries()) {
          if (step === 'take') {
            takeBoth();
          } else {
            queue.add(step.atMs, step.rank, serial);
            model.push({ ...step, event: serial });
          }
        }
        while (model.length > 0) takeBoth();
        expect(queue.takeNext()).toEqual([]);
      },
    ),
  );
});
