import { expect } from 'vitest';
import type { Cluster, FailureReason, GenerationRequest, RoundPlan, Settlement } from '../../src/model/index.js';
import type { Policy } from '../../src/policies/index.js';
import type { Profile } from '../../src/profile/index.js';
import type { RoundInput } from '../../src/rounds/index.js';
import {
  createSchedulerCore,
  restoreSchedulerCore,
  type SchedulerCommand,
  type SchedulerCore,
  type SchedulerEvent,
  type SchedulerSnapshot,
} from '../../src/scheduler/index.js';

type RunCommand = SchedulerCommand & { type: 'run' };

/** A request as its shell sees it. */
export interface Job {
  readonly request: GenerationRequest;
  stepsDone: number;
  encoded: boolean;
  cancelled: boolean;
  /** It must not be in a batch any more. */
  solo: boolean;
  /** Failures that count, since a step was completed. */
  failures: number;
  /** Failures that count, since a step was completed that never had been before. */
  failuresInPlace: number;
  furthestStep: number;
}

export interface OpenChunk {
  readonly command: RunCommand;
  aborted: boolean;
  /** It was told to stop although somebody wants it: it should have ended long ago. */
  stalled: boolean;
}

export interface ShellOptions {
  readonly cluster: Cluster;
  readonly profile: Profile;
  readonly policy: Policy;
  readonly maxFailures: number;
  readonly starvationMs: number;
  readonly stallMs: number;
  readonly onPlan?: (input: RoundInput, plan: RoundPlan) => void;
}

/**
 * A shell without GPUs: it keeps its own books on what the core was told and what it asked for, and checks every command
 * against them.
 */
export class Shell {
  readonly jobs = new Map<string, Job>();
  readonly chunks = new Map<number, OpenChunk>();
  /** By request: the GPU that it is decoded on. */
  readonly finishes = new Map<string, number>();
  readonly lost = new Set<number>();
  /** Chunks that the core gave up, by id, with the GPUs that it takes for lost on their account. */
  readonly zombies = new Map<number, Set<number>>();
  readonly settled = new Map<string, Settlement>();
  /** Times at which the core wants to be woken. */
  wakes: number[] = [];
  nowMs = -Infinity;
  plansFailed = 0;
  readonly #options: ShellOptions;
  readonly #core: SchedulerCore;
  #twin: SchedulerCore | undefined;
  #nextChunkId = 1;

  constructor(options: ShellOptions) {
    this.#options = options;
    this.#core = createSchedulerCore(options.cluster, options);
  }

  snapshotText(): string {
    return JSON.stringify(this.#core.snapshot());
  }

  /** From now on a core that was restored from a snapshot has to do the same as the first one. */
  addTwin(): void {
    this.#twin = restoreSchedulerCore(JSON.parse(this.snapshotText()) as SchedulerSnapshot, this.#options);
    expect(this.#twin.snapshot()).toEqual(this.#core.snapshot());
  }

  /** Events that the core has to refuse as a whole. */
  expectRefused(events: readonly SchedulerEvent[], code: string): void {
    const before = this.snapshotText();
    expect(() => this.#core.handle(events)).toThrow(expect.objectContaining({ name: 'TetriError', code }));
    expect(this.snapshotText()).toBe(before);
  }

  /** Events that abide by the protocol. */
  send(events: readonly SchedulerEvent[]): readonly SchedulerCommand[] {
    const alive = new Set(this.jobs.keys());
    const commands = this.#core.handle(events.length === 1 ? events[0]! : events);
    if (this.#twin !== undefined) {
      expect(this.#twin.handle(events)).toEqual(commands);
      expect(this.#twin.snapshot()).toEqual(this.#core.snapshot());
    }
    if (events.length === 0) expect(commands).toEqual([]);
    const finished = new Map<string, Settlement>();
    const failed = new Map<string, FailureReason>();
    for (const event of events) this.#book(event, finished, failed);
    for (const id of alive) if (!this.jobs.has(id)) throw new Error(`the shell lost ${id}`);
    for (const command of commands) this.#check(command, finished, failed);
    expect(commands.filter(({ type }) => type === 'wake').length).toBeLessThanOrEqual(2 + this.#gpuCount());
    this.#checkWholeness(commands);
    return commands;
  }

  /** Work that no chunk, no decoding and no settlement stands for. */
  waiting(): Job[] {
    const busy = new Set([...this.chunks.values()].flatMap(({ command }) => command.requestIds));
    return [...this.jobs.values()].filter(({ request: { id } }) => !busy.has(id) && !this.finishes.has(id));
  }

  #gpuCount(): number {
    return this.#options.cluster.gpus.length;
  }

  #book(event: SchedulerEvent, finished: Map<string, Settlement>, failed: Map<string, FailureReason>): void {
    this.nowMs = Math.max(this.nowMs, event.atMs);
    switch (event.type) {
      case 'submit': {
        const { request } = event;
        const stepsDone = request.startStep ?? 0;
        this.jobs.set(request.id, {
          request,
          stepsDone,
          encoded: false,
          cancelled: false,
          solo: false,
          failures: 0,
          failuresInPlace: 0,
          furthestStep: stepsDone,
        });
        break;
      }
      case 'cancel': {
        const job = this.jobs.get(event.requestId);
        if (job !== undefined) job.cancelled = true;
        break;
      }
      case 'chunk-done':
      case 'chunk-failed': {
        const chunk = this.chunks.get(event.chunkId);
        for (const gpu of this.zombies.get(event.chunkId) ?? []) this.lost.delete(gpu);
        this.zombies.delete(event.chunkId);
        if (chunk === undefined) break;
        this.chunks.delete(event.chunkId);
        for (const id of chunk.command.requestIds) {
          const job = this.jobs.get(id)!;
          if (event.steps > 0 && !(event.type === 'chunk-failed' && event.state === 'lost')) {
            job.stepsDone += event.steps;
            job.encoded = true;
            job.failures = 0;
            if (job.stepsDone > job.furthestStep) job.failuresInPlace = 0;
            job.furthestStep = Math.max(job.furthestStep, job.stepsDone);
          }
          const isStuck = event.type === 'chunk-done' && chunk.stalled && event.steps === 0;
          if (event.type === 'chunk-done' && !isStuck) continue;
          const failure = event.type === 'chunk-done' ? ({ state: 'intact', cause: 'error' } as const) : event;
          // In a batch nobody knows whose fault it was.
          const isAlone = chunk.command.requestIds.length === 1;
          if (!isAlone && failure.cause === 'error') job.solo = true;
          this.#fail(job, isAlone ? failure : { ...failure, cause: 'gpu-lost' }, failed, 'steps-failed');
        }
        break;
      }
      case 'finished':
        if (this.finishes.delete(event.requestId)) {
          const { cancelled, request } = this.jobs.get(event.requestId)!;
          const onTime = this.nowMs <= request.deadlineMs;
          finished.set(request.id, cancelled ? { status: 'cancelled' } : { status: 'completed', onTime });
        }
        break;
      case 'finish-failed':
        if (this.finishes.delete(event.requestId)) {
          this.#fail(this.jobs.get(event.requestId)!, event, failed, 'decode-failed');
        }
        break;
      case 'gpu-lost':
        this.lost.add(event.gpu);
        for (const gpus of this.zombies.values()) gpus.delete(event.gpu);
        break;
      case 'gpu-back':
        this.lost.delete(event.gpu);
        for (const gpus of this.zombies.values()) gpus.delete(event.gpu);
        break;
      case 'backend-lost':
        this.chunks.clear();
        this.finishes.clear();
        this.zombies.clear();
        for (const { id } of this.#options.cluster.gpus) this.lost.add(id);
        for (const job of this.jobs.values()) this.#restart(job);
        break;
      case 'drain':
      case 'close':
      case 'time':
        break;
    }
  }

  #fail(
    job: Job,
    { state, cause }: { state: 'intact' | 'lost'; cause: 'gpu-lost' | 'error' },
    failed: Map<string, FailureReason>,
    reason: FailureReason,
  ): void {
    if (state === 'lost') this.#restart(job);
    if (cause === 'gpu-lost') return;
    job.failures++;
    job.failuresInPlace++;
    if (job.failuresInPlace >= this.#options.maxFailures && !job.cancelled) failed.set(job.request.id, reason);
  }

  #restart(job: Job): void {
    job.stepsDone = job.request.startStep ?? 0;
    job.encoded = false;
  }

  /** The state of a request is lost; if it is in execution, that was given up. */
  #reset(id: string, failed: Map<string, FailureReason>): void {
    const job = this.jobs.get(id)!;
    const lost = { state: 'lost', cause: 'error' } as const;
    const open = [...this.chunks].find(([, { command }]) => command.requestIds.includes(id));
    if (open !== undefined) {
      const [chunkId, { command, aborted }] = open;
      expect(aborted, `chunk ${chunkId} was told to stop before it was given up`).toBe(true);
      this.chunks.delete(chunkId);
      this.zombies.set(chunkId, new Set(command.gpus.filter((gpu) => !this.lost.has(gpu))));
      for (const gpu of command.gpus) this.lost.add(gpu);
      const isAlone = command.requestIds.length === 1;
      for (const member of command.requestIds) {
        const each = this.jobs.get(member)!;
        if (!isAlone) each.solo = true;
        this.#fail(each, isAlone ? lost : { ...lost, cause: 'gpu-lost' }, failed, 'steps-failed');
      }
    } else if (this.finishes.has(id)) {
      // Decoding that takes no time by the profile holds no GPU.
      const { decodeMs } = this.#options.profile.shape(job.request.shape);
      if (decodeMs > 0) this.lost.add(this.finishes.get(id)!);
      this.finishes.delete(id);
      this.#fail(job, lost, failed, 'decode-failed');
    }
    expect(job.stepsDone, `${id} starts over`).toBe(job.request.startStep ?? 0);
  }

  #check(
    command: SchedulerCommand,
    finished: ReadonlyMap<string, Settlement>,
    failed: Map<string, FailureReason>,
  ): void {
    switch (command.type) {
      case 'run':
        this.#checkRun(command);
        this.chunks.set(command.chunkId, { command, aborted: false, stalled: false });
        break;
      case 'abort': {
        const chunk = this.chunks.get(command.chunkId)!;
        expect(chunk.aborted, 'aborted twice').toBe(false);
        const wanted = chunk.command.requestIds.filter((id) => !this.jobs.get(id)!.cancelled);
        if (this.#options.stallMs === Infinity) expect(wanted).toEqual([]);
        chunk.aborted = true;
        chunk.stalled = wanted.length > 0;
        break;
      }
      case 'abort-finish':
        expect(this.finishes.has(command.requestId), `${command.requestId} is decoded`).toBe(true);
        break;
      case 'reset':
        this.#reset(command.requestId, failed);
        break;
      case 'finish': {
        const { requestId, gpu } = command;
        const job = this.jobs.get(requestId)!;
        expect(job.stepsDone, `${requestId} is decoded`).toBe(job.request.steps);
        expect(job.cancelled, `${requestId} is decoded and cancelled`).toBe(false);
        expect(this.finishes.has(requestId), `${requestId} is decoded twice`).toBe(false);
        expect(this.lost.has(gpu), `GPU ${gpu} is lost`).toBe(false);
        expect(this.#running(gpu), `a chunk on GPU ${gpu}`).toBeUndefined();
        this.finishes.set(requestId, gpu);
        break;
      }
      case 'settle': {
        const { requestId, settlement } = command;
        const job = this.jobs.get(requestId);
        if (job === undefined) throw new Error(`${requestId} is settled without being alive`);
        expect(this.#busy(requestId), `${requestId} is settled in mid-air`).toBe(false);
        if (settlement.status === 'failed') {
          const detail = expect.any(String) as string;
          expect(settlement).toEqual({ status: 'failed', reason: failed.get(requestId), detail });
        } else {
          expect(settlement).toEqual(finished.get(requestId) ?? { status: 'cancelled' });
          expect(settlement.status === 'completed' || job.cancelled, `${requestId} was not cancelled`).toBe(true);
        }
        this.jobs.delete(requestId);
        this.settled.set(requestId, settlement);
        break;
      }
      case 'wake':
        expect(command.atMs).toBeGreaterThan(this.nowMs);
        this.wakes.push(command.atMs);
        break;
      case 'plan-failed':
        this.plansFailed++;
        break;
    }
  }

  #checkRun({ chunkId, requestIds, encode, gpus, degree, fromSteps, steps }: RunCommand): void {
    const { cluster, profile } = this.#options;
    expect(chunkId).toBe(this.#nextChunkId++);
    expect(degree).toBe(gpus.length);
    expect(new Set(gpus).size).toBe(degree);
    expect(new Set(requestIds).size).toBe(requestIds.length);
    expect(new Set(gpus.map((gpu) => cluster.gpus.find(({ id }) => id === gpu)!.domain)).size).toBe(1);
    for (const gpu of gpus) {
      expect(this.lost.has(gpu), `GPU ${gpu} is lost`).toBe(false);
      expect(this.#running(gpu), `GPU ${gpu} is in two chunks`).toBeUndefined();
      for (const [id, other] of this.finishes) {
        const { shape } = this.jobs.get(id)!.request;
        if (other === gpu) expect(profile.shape(shape).decodeMs, `GPU ${gpu} decodes ${id}`).toBe(0);
      }
    }
    const jobs = requestIds.map((id) => this.jobs.get(id)!);
    expect(new Set(jobs.map(({ request }) => request.shape)).size).toBe(1);
    expect(profile.shape(jobs[0]!.request.shape).degrees).toContain(degree);
    expect(encode).toEqual(requestIds.filter((_, index) => !jobs[index]!.encoded));
    expect(fromSteps).toEqual(jobs.map(({ stepsDone }) => stepsDone));
    expect(steps).toBeGreaterThanOrEqual(1);
    if (jobs.length > 1) expect(jobs.filter(({ solo }) => solo)).toEqual([]);
    for (const { request, stepsDone, cancelled } of jobs) {
      expect(this.#busy(request.id), `${request.id} runs twice`).toBe(false);
      expect(cancelled, `${request.id} runs and is cancelled`).toBe(false);
      expect(stepsDone + steps).toBeLessThanOrEqual(request.steps);
    }
  }

  /** What has to hold between two calls. */
  #checkWholeness(commands: readonly SchedulerCommand[]): void {
    for (const job of this.waiting()) {
      expect(job.cancelled, `${job.request.id} was cancelled and is kept`).toBe(false);
      expect(job.failures).toBeLessThan(this.#options.maxFailures);
    }
    for (const { command, aborted } of this.chunks.values()) {
      const wanted = command.requestIds.some((id) => !this.jobs.get(id)!.cancelled);
      if (!wanted || this.#options.stallMs === Infinity) expect(aborted, `chunk ${command.chunkId}`).toBe(!wanted);
    }
    const text = this.snapshotText();
    for (const command of commands) {
      if (command.type === 'settle' && !this.jobs.has(command.requestId)) {
        expect(text).not.toContain(JSON.stringify(command.requestId));
      }
    }
  }

  #running(gpu: number): OpenChunk | undefined {
    return [...this.chunks.values()].find(({ command }) => command.gpus.includes(gpu));
  }

  #busy(requestId: string): boolean {
    return (
      this.finishes.has(requestId) ||
      [...this.chunks.values()].some(({ command }) => command.requestIds.includes(requestId))
    );
  }
}
