import {
  type JournalRecord,
  type RequestHandle,
  type Scheduler,
  type SubmittedRequest,
} from '../../../src/scheduler/index.js';
import { createVirtualClock, type VirtualClock } from '../../../src/simulation/index.js';
import { unfinished, type Submission } from './flaky-journal.js';
import { startLife, type Life } from './life.js';
import type { Client, Model } from './model.js';
import type { Asked } from './observer/states.js';
import type { Payload } from './payload.js';
import { watchClient } from './watch-client.js';

/** Calls of the clock in one command beyond which something must be going round in a circle. */
const maxCalls = 50_000;

/** The scheduler under test, with all that it needs, over one or several lives. */
export class TheSystem {
  /** What should not have been. */
  readonly violations: string[] = [];
  /** Requests whose client died with the scheduler. */
  readonly orphans = new Set<string>();
  /** Requests of which something could not be written in an earlier life. */
  readonly unwritten = new Set<string>();
  /** By request: the lives that crashed after it got GPUs. */
  readonly #starts = new Map<string, number>();
  /** What a journal has left; until the scheduler has started, it is what is alive. */
  #recovering: ReadonlyMap<string, Submission> = new Map();
  #life!: Life;
  #scheduler: Scheduler | undefined;
  #calls = 0;

  private constructor(readonly model: Model) {}

  static async start(model: Model): Promise<TheSystem> {
    const system = new TheSystem(model);
    await system.#begin(createVirtualClock(), [], new Set());
    return system;
  }

  get life(): Life {
    return this.#life;
  }

  get scheduler(): Scheduler {
    return this.#scheduler!;
  }

  get nowMs(): number {
    return this.#life.clock.nowMs();
  }

  readonly violate = (what: string): void => {
    this.violations.push(`at ${this.nowMs}: ${what}`);
  };

  /** Whatever happens at once has happened after this. */
  async settle(): Promise<void> {
    await this.advance(0);
  }

  /** Lets time pass. */
  async advance(ms: number): Promise<void> {
    const { clock } = this.#life;
    const untilMs = clock.nowMs() + ms;
    let isThere = false;
    clock.schedule(untilMs, () => (isThere = true));
    this.#calls = 0;
    await clock.advanceUntil(() => isThere || this.#calls > maxCalls);
    if (!isThere) throw new Error(`${maxCalls} calls of the clock, and still at ${clock.nowMs()} of ${untilMs}`);
    await clock.advance(0);
  }

  /** Submits a request; throws what `submit` throws. */
  submit(request: SubmittedRequest, payload?: Payload, controller?: AbortController): Client {
    const others = this.model.alive.size;
    const handle = this.scheduler.submit(request, {
      ...(payload === undefined ? {} : { payload }),
      ...(controller === undefined ? {} : { signal: controller.signal }),
    });
    const isCancelled = controller?.signal.aborted === true;
    return this.#add(handle, payload, { controller, others, isCancelled });
  }

  /**
   * The process dies as it stands, and another one takes over with what is on the disk.
   *
   * @param dropsShape - the next one does not know the largest shape
   */
  async crash(dropsShape: boolean): Promise<void> {
    const { records } = this.#life.journal!;
    this.#bury('crash', records);
    await this.#beBorn(dropsShape, records);
  }

  /** Closes the scheduler, in the time that it takes. */
  async close(): Promise<void> {
    const { model } = this;
    model.isClosed = true;
    let isClosed = false;
    void this.scheduler.close().then(() => (isClosed = true));
    // Twice is as good as once.
    void this.scheduler[Symbol.asyncDispose]();
    for (let turns = 0; !isClosed || model.alive.size > 0; turns++) {
      if (turns > 50) throw new Error(`not closed: ${isClosed}, alive: ${[...model.alive.keys()].join()}`);
      await this.advance(1000);
    }
  }

  /** Closes it, and starts another one with the same journal. */
  async restart(dropsShape: boolean): Promise<void> {
    await this.close();
    const { records } = this.#life.journal!;
    this.#bury('close', records);
    this.model.isClosed = false;
    await this.#beBorn(dropsShape, records);
  }

  /** A life is over; what it left has to be taken up. */
  #bury(how: 'crash' | 'close', records: readonly JournalRecord[]): void {
    const { model } = this;
    const { backend, journal } = this.#life;
    const { failed } = journal!;
    this.#life.isOver = true;
    for (const id of failed) this.unwritten.add(id);
    const left = unfinished(records, failed, this.violate);
    const settled = new Set(records.flatMap((record) => (record.type === 'settle' ? [record.requestId] : [])));
    for (const { id, accepted } of model.alive.values()) {
      this.orphans.add(id);
      if (left.has(id) || accepted !== true || settled.has(id) || failed.has(id)) continue;
      this.violate(`${id} was accepted, and the journal does not know it`);
    }
    for (const id of left.keys()) {
      const { starts = 0 } = model.clients.findLast((client) => client.id === id) ?? {};
      // A member of a batch may have waited for its turn to be encoded.
      const isStarted = backend.trials.of(id) !== undefined || model.setup.backend.maxBatchSize > 1;
      // Where something could not be written, the journal may speak of an earlier request of that id, or of one that has ended.
      this.#starts.set(id, failed.has(id) ? Infinity : starts + Number(how === 'crash' && isStarted));
    }
    model.alive.clear();
    model.isDraining = false;
    model.hasDied = false;
  }

  /** What the dead one still waits for never comes: time passes on another clock. */
  async #beBorn(dropsShape: boolean, records: readonly JournalRecord[]): Promise<void> {
    this.model.dropLargestShape(dropsShape);
    await this.#begin(createVirtualClock(this.nowMs), records, this.#life.journal!.failed);
  }

  async #begin(clock: VirtualClock, records: readonly JournalRecord[], failed: ReadonlySet<string>): Promise<void> {
    const { model, violate } = this;
    let failure: unknown;
    this.#recovering = unfinished(records, failed, (what) => this.violations.push(what));
    this.#scheduler = undefined;
    this.#life = startLife({
      ...{ model, clock, records, violate },
      onSchedule: () => this.#calls++,
      asked: (requestId) => this.#askedOf(requestId),
    });
    this.#life.starting.then(
      (scheduler) => this.#recover(scheduler),
      (error: unknown) => (failure = error),
    );
    const isStarting = (): boolean => this.#scheduler === undefined && failure === undefined;
    for (let turns = 0; isStarting() && turns < 20; turns++) await this.advance(100);
    if (this.#scheduler === undefined) throw new Error(`it does not start: ${String(failure)}`);
    await this.settle();
  }

  /** The requests that a journal has left, and no others, have to go on. */
  #recover(scheduler: Scheduler): void {
    const left = this.#recovering;
    this.#recovering = new Map();
    this.#scheduler = scheduler;
    const ids = scheduler.recovered.map(({ id }) => id);
    if (ids.join() !== [...left.keys()].join()) this.violate(`recovered ${ids.join()}, not ${[...left.keys()].join()}`);
    for (const handle of scheduler.recovered) {
      const { id } = handle;
      if (!this.model.clients.some((client) => client.id === id)) this.violate(`nobody ever submitted ${id}`);
      const starts = this.#starts.get(id) ?? 0;
      this.#add(handle, left.get(id)?.payload as Payload | undefined, { isRecovered: true, starts });
    }
  }

  #askedOf(requestId: string): Asked | undefined {
    const recovering = this.#recovering.get(requestId);
    if (recovering === undefined) return this.model.alive.get(requestId)?.asked;
    const { shape, steps, startStep } = recovering.request;
    return { shape, steps, startStep, payload: recovering.payload };
  }

  #add(handle: RequestHandle, payload: Payload | undefined, more: Partial<Client>): Client {
    const { model } = this;
    const { id, shape, steps, startStep } = handle.request;
    const client: Client = {
      ...{ id, handle, asked: { shape, steps, startStep, payload } },
      ...{ controller: undefined, others: 0, isRecovered: false, starts: 0, isCancelled: false },
      ...{ accepted: undefined, outcome: undefined, result: undefined, progress: 'going on' },
      ...more,
    };
    model.clients.push(client);
    model.alive.set(id, client);
    watchClient(client, this.#life, model, this.violate);
    return client;
  }
}
