import { expect, it } from 'vitest';
import { createAlarms } from '../../../src/scheduler/live/alarms.js';
import { createVirtualClock } from '../../../src/simulation/index.js';

it('alarms wake once for any number of wishes for the same time, and again for a later wish', async () => {
  const clock = createVirtualClock();
  const woken: number[] = [];
  const alarms = createAlarms(clock, () => woken.push(clock.nowMs()));
  for (const atMs of [20, 10, 20]) alarms.set(atMs);
  expect(clock.pending).toBe(2);
  await clock.advance(20);
  expect(woken).toEqual([10, 20]);
  // Too late already: soon.
  alarms.set(20);
  await clock.advance(1);
  expect(woken).toEqual([10, 20, 20]);
});

it('alarms can be taken back', async () => {
  const clock = createVirtualClock();
  const alarms = createAlarms(clock, () => expect.unreachable());
  alarms.set(10);
  alarms.clear();
  expect(clock.pending).toBe(0);
  await clock.advance(20);
});
