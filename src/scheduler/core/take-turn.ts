import { applyEvent } from './apply-event.js';
import { startDecoding } from './decoding.js';
import type { SchedulerCommand } from './commands.js';
import type { SchedulerEvent } from './events.js';
import { suspectsInLine } from './crashes.js';
import { dropLate } from './late.js';
import { planWhenDue } from './plan-when-due.js';
import { abortUnwanted } from './requests.js';
import { giveSecondChances } from './second-chance.js';
import { startStarving } from './starving.js';
import type { CoreState } from './state.js';
import { newTurn, type CoreSettings } from './turn.js';
import { wakeInTime } from './wake-in-time.js';
import { watch } from './watch.js';

/** One turn of the core: takes in events that were checked, and does what follows from them. */
export function takeTurn(
  state: CoreState,
  settings: CoreSettings,
  events: readonly SchedulerEvent[],
): SchedulerCommand[] {
  const turn = newTurn(state, settings);
  for (const event of events) applyEvent(turn, event);
  watch(turn);
  dropLate(turn);
  abortUnwanted(turn);
  turn.inLine = suspectsInLine(state, settings);
  startDecoding(turn);
  giveSecondChances(turn);
  startStarving(turn);
  planWhenDue(turn);
  wakeInTime(turn);
  return turn.commands;
}
