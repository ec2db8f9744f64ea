import type { Clock } from '../../clock/index.js';
import type { SchedulerCommand } from '../core/commands.js';
import type { SchedulerEvent } from '../core/events.js';
import type { SchedulerCore } from '../core/scheduler-core.js';

/** A turn of the core. */
export interface CoreTurn {
  /** What it was told. */
  readonly events: readonly SchedulerEvent[];
  /** What it answered. */
  readonly commands: readonly SchedulerCommand[];
  /** What that took, in ms. */
  readonly durationMs: number;
}

/** Where events go that the core is to be told. */
export interface Inbox {
  /** Tells the core soon: all that happens at one moment in one call, so that one plan sees it all. */
  readonly post: (event: SchedulerEvent) => void;
  /** Tells the core now what it was not told yet. */
  flush(): void;
  /** Takes no events any more. */
  close(): void;
}

/**
 * @param onTurn - carries out the commands; it must not throw
 * @param onError - told of events that the core refused: they were checked before, so that this is a defect
 */
export function createInbox(
  core: SchedulerCore,
  clock: Clock,
  onTurn: (turn: CoreTurn) => void,
  onError: (error: unknown, where: string) => void,
): Inbox {
  let events: SchedulerEvent[] = [];
  let isDue = false;
  let isTelling = false;
  let isClosed = false;

  const tell = (batch: readonly SchedulerEvent[]): void => {
    const startMs = clock.nowMs();
    let commands: readonly SchedulerCommand[];
    try {
      commands = core.handle(batch);
    } catch (error) {
      // One bad event must not take the others with it.
      if (batch.length > 1) for (const event of batch) tell([event]);
      else onError(error, 'events');
      return;
    }
    onTurn({ events: batch, commands, durationMs: clock.nowMs() - startMs });
  };

  const flush = (): void => {
    // Asked by a policy, a hook or a backend, in the middle of a turn: what is posted meanwhile has a turn of its own.
    if (isTelling) return;
    isDue = false;
    const batch = events;
    events = [];
    if (isClosed || batch.length === 0) return;
    isTelling = true;
    try {
      tell(batch);
    } finally {
      isTelling = false;
    }
  };

  return {
    post(event) {
      if (isClosed) return;
      events.push(event);
      if (isDue) return;
      isDue = true;
      void Promise.resolve().then(flush);
    },
    flush,
    close() {
      isClosed = true;
      events = [];
    },
  };
}
