import { expect, it } from 'vitest';
import type { SchedulerCore, SchedulerEvent } from '../../../src/scheduler/index.js';
import { createInbox } from '../../../src/scheduler/live/inbox.js';
import { createVirtualClock } from '../../../src/simulation/index.js';

const eventOf = (atMs: number): SchedulerEvent => ({ type: 'time', atMs });

/** An inbox before a core that refuses events of a negative time, and what came of it. */
function setup() {
  const turns: number[][] = [];
  const errors: string[] = [];
  const handle = (events: SchedulerEvent | readonly SchedulerEvent[]) => {
    if ([events].flat().some(({ atMs }) => atMs < 0)) throw new Error('refused');
    return [];
  };
  const inbox = createInbox(
    { handle } as unknown as SchedulerCore,
    createVirtualClock(),
    ({ events }) => turns.push(events.map(({ atMs }) => atMs)),
    (error, where) => errors.push(`${where}: ${(error as Error).message}`),
  );
  return { inbox, turns, errors };
}

it('an inbox tells all that comes in one tick at once', async () => {
  const { inbox, turns } = setup();
  for (const atMs of [1, 2, 3]) inbox.post(eventOf(atMs));
  await Promise.resolve();
  inbox.post(eventOf(4));
  inbox.flush();
  inbox.flush();
  await Promise.resolve();
  expect(turns).toEqual([[1, 2, 3], [4]]);
});

it('an inbox does not let one bad event take the others with it', async () => {
  const { inbox, turns, errors } = setup();
  for (const atMs of [1, -1, 2]) inbox.post(eventOf(atMs));
  await Promise.resolve();
  expect(turns).toEqual([[1], [2]]);
  expect(errors).toEqual(['events: refused']);
});

it('an inbox that is closed takes nothing, and tells nothing', async () => {
  const { inbox, turns } = setup();
  inbox.post(eventOf(1));
  inbox.close();
  inbox.post(eventOf(2));
  inbox.flush();
  await Promise.resolve();
  expect(turns).toEqual([]);
});
