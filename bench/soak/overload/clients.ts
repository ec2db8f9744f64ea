import { setMaxListeners } from 'node:events';
import type { RequestProgress, Scheduler, SubmitOptions, SubmittedRequest } from '@tetri/scheduler/scheduler';
import type { VirtualClock } from '@tetri/scheduler/simulation';
import type { RandomSource } from '../../../src/simulation/random.js';
import { drawChance, drawOne, drawWhole } from '../../../src/testing/draws.js';
import type { ObservedBackend } from '../../../test/scheduler/live-model/observer/observed-backend.js';
import type { Asked } from '../../../test/scheduler/live-model/observer/states.js';
import { shapes } from './profile.js';
import type { Tally } from './tally.js';

/** What the clients of a run have to do with. */
export interface ClientsOptions {
  readonly random: RandomSource;
  readonly clock: VirtualClock;
  readonly backend: ObservedBackend;
  readonly tally: Tally;
  readonly violate: (what: string) => void;
}

/** People who submit requests, take some of them back, and listen or not. */
export interface Clients {
  /** What they wait for, by id. */
  readonly alive: ReadonlyMap<string, Asked>;
  submit(scheduler: Scheduler): void;
}

/** The steps of a request. */
export const steps = { min: 2, max: 16 };

export function createClients({ random, clock, backend, tally, violate }: ClientsOptions): Clients {
  const alive = new Map<string, Asked>();
  // One for many requests, as a server has one for its own end: who listens to it has to let go of it.
  const shared = new AbortController();
  setMaxListeners(0, shared.signal);
  let count = 0;

  const draw = (): SubmittedRequest => {
    const count = drawWhole(random, steps.min, steps.max);
    const nowMs = clock.nowMs();
    return {
      id: '',
      shape: drawOne(random, shapes),
      steps: count,
      startStep: drawChance(random, 0.1) ? drawWhole(random, 1, count - 1) : 0,
      deadlineMs: nowMs + drawWhole(random, 500, 8000),
      weight: drawOne(random, [1, 1, 1, 2, 5]),
    };
  };

  /** Large, and another one each time, so that every request that somebody keeps shows. */
  const payloadOf = (id: string): object => ({
    name: id,
    prompt: Array.from({ length: 64 }, () => random().toString(36).slice(2)).join(' '),
    ...(drawChance(random, 0.01) ? { poisonous: true } : {}),
  });

  const listen = async (progress: AsyncIterable<RequestProgress>, atMost: number): Promise<void> => {
    let heard = 0;
    for await (const { status } of progress) {
      tally.add(`progress: ${status}`);
      if (++heard >= atMost) break;
    }
    tally.add('progress iterables that ended');
  };

  return {
    alive,
    submit(scheduler) {
      const request = { ...draw(), id: `r${count++}` };
      const { id } = request;
      const payload = payloadOf(id);
      const willAbort = drawChance(random, 0.04);
      const own = willAbort ? new AbortController() : undefined;
      const options: SubmitOptions<unknown> = { payload, signal: (own ?? shared).signal };
      if (drawChance(random, 0.002)) {
        tally.add('quotes');
        scheduler.quote(request);
      }
      const handle = scheduler.submit(request, options);
      const { shape, steps, startStep } = handle.request;
      alive.set(id, { shape, steps, startStep, payload });
      tally.add('submitted');

      let isCancelled = false;
      void handle.outcome.then((outcome) => {
        if (!alive.delete(id)) violate(`${id} ended twice`);
        backend.trials.forget(id);
        tally.add('settled');
        const { status } = outcome;
        const reason =
          'reason' in outcome ? ` (${outcome.reason})` : status === 'completed' && !outcome.onTime ? ' late' : '';
        tally.add(`ended: ${status}${reason}`);
        if (status === 'cancelled' && !isCancelled) violate(`${id} was cancelled, by nobody`);
        if (status === 'failed' && outcome.reason === 'closed') violate(`${id} was given up by the end`);
      });
      if (drawChance(random, 0.05)) {
        tally.add('progress iterables');
        void listen(handle.progress, drawOne(random, [2, Infinity]));
      }
      if (willAbort || drawChance(random, 0.04)) {
        clock.schedule(clock.nowMs() + drawWhole(random, 0, 6000), () => {
          isCancelled = true;
          if (own !== undefined) own.abort();
          else for (let times = drawWhole(random, 1, 2); times > 0; times--) void handle.cancel();
        });
      }
    },
  };
}
