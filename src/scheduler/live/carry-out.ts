import type { Clock } from '../../clock/index.js';
import type { Settlement } from '../../model/index.js';
import type { SchedulerCommand } from '../core/commands.js';
import type { SchedulerEvent } from '../core/events.js';
import type { Alarms } from './alarms.js';
import type { Conclude } from './conclude.js';
import type { Execution } from './execution.js';
import type { CoreTurn } from './inbox.js';
import type { Job } from './job.js';
import type { Jobs } from './jobs.js';
import type { Ledger } from './ledger.js';
import type { Telemetry } from './telemetry.js';

type ChunkEvent = SchedulerEvent & { type: 'chunk-done' | 'chunk-failed' };

/** The hands of the scheduler. */
export interface Hands<Payload, Artifact> {
  readonly clock: Clock;
  readonly jobs: Jobs<Payload, Artifact>;
  readonly execution: Execution<Payload, Artifact>;
  readonly alarms: Alarms;
  readonly ledger: Ledger | undefined;
  readonly telemetry: Telemetry;
  readonly conclude: Conclude<Payload, Artifact>;
  readonly onAccepted: (job: Job<Payload, Artifact>) => void;
  readonly onError: (error: unknown, where: string) => void;
}

/** Carries out what the core answers, turn by turn, and tells clients and metrics of it. */
export function createCarryOut<Payload, Artifact>(hands: Hands<Payload, Artifact>): (turn: CoreTurn) => void {
  const { clock, jobs, execution, telemetry } = hands;
  const membersOf = new Map<number, readonly string[]>();

  /** A chunk ended, or was given up: then there is no event. Returns its members; none if it was given up before. */
  const endChunk = (chunkId: number, event: ChunkEvent | undefined, atMs: number): readonly string[] => {
    const members = membersOf.get(chunkId) ?? [];
    membersOf.delete(chunkId);
    telemetry.ended(chunkId, event, atMs);
    for (const id of members) {
      const job = jobs.byId.get(id);
      if (job !== undefined) job.chunkId = null;
    }
    return members;
  };

  /** What is known before anything is done. Returns those who hold no GPUs any more. */
  const takeNote = (events: readonly SchedulerEvent[], settlements: ReadonlyMap<string, Settlement>): Set<string> => {
    const freed = new Set<string>();
    const isGoingOn = (id: string): boolean => !settlements.has(id);
    let isBackendLost = false;
    for (const event of events) {
      switch (event.type) {
        case 'submit': {
          const job = jobs.byId.get(event.request.id);
          const isRefused = settlements.get(event.request.id)?.status === 'refused';
          if (job !== undefined && !isRefused) hands.onAccepted(job);
          break;
        }
        case 'chunk-done':
        case 'chunk-failed': {
          const members = endChunk(event.chunkId, event, event.atMs);
          for (const id of members) freed.add(id);
          if (event.type === 'chunk-failed' && members.some(isGoingOn)) telemetry.retried(event.cause);
          break;
        }
        case 'finish-failed':
          freed.add(event.requestId);
          // With the backend everything was lost, and is no failure of its own.
          if (!isBackendLost && isGoingOn(event.requestId)) telemetry.retried(event.cause);
          break;
        case 'gpu-lost':
          telemetry.gpuLost(event.gpu);
          break;
        case 'backend-lost':
          isBackendLost = true;
          for (const job of jobs.byId.values()) job.decoding = null;
          for (const chunkId of [...membersOf.keys()]) {
            for (const id of endChunk(chunkId, undefined, event.atMs)) freed.add(id);
          }
          break;
        default:
      }
    }
    return freed;
  };

  const run = (command: SchedulerCommand & { type: 'run' }): void => {
    const atMs = clock.nowMs();
    const members = command.requestIds.map((id) => jobs.byId.get(id) as Job<Payload, Artifact>);
    telemetry.started(command, members, atMs);
    for (const job of members) {
      if (job.lastGpus.length === 0) hands.ledger?.started(job.request.id, atMs);
      job.lastGpus = command.gpus;
      job.chunkId = command.chunkId;
    }
    membersOf.set(command.chunkId, command.requestIds);
    execution.run(command);
  };

  const reset = (job: Job<Payload, Artifact>): void => {
    // What it is in did not end: the core gave that up, and tries again.
    if (job.chunkId !== null || job.decoding !== null) telemetry.retried('error');
    if (job.chunkId !== null) endChunk(job.chunkId, undefined, clock.nowMs());
    if (job.prepared) telemetry.restarted();
    execution.reset(job);
    job.progress.tell({ status: 'queued' });
  };

  const carryOut = (command: SchedulerCommand): void => {
    switch (command.type) {
      case 'run':
        run(command);
        break;
      case 'abort':
        execution.abort(command.chunkId);
        break;
      case 'finish':
        execution.finish(command);
        break;
      case 'abort-finish':
        execution.abortFinish(jobs.byId.get(command.requestId));
        break;
      case 'reset': {
        const job = jobs.byId.get(command.requestId);
        if (job !== undefined) reset(job);
        break;
      }
      case 'settle': {
        const job = jobs.byId.get(command.requestId);
        if (job !== undefined) hands.conclude(job, command.settlement, clock.nowMs());
        break;
      }
      case 'wake':
        hands.alarms.set(command.atMs);
        break;
      case 'plan-failed':
        hands.onError(command.error, 'plan');
        break;
    }
  };

  return ({ events, commands }) => {
    const settlements = new Map<string, Settlement>();
    for (const command of commands) {
      if (command.type === 'settle') settlements.set(command.requestId, command.settlement);
    }
    const freed = takeNote(events, settlements);
    for (const command of commands) {
      carryOut(command);
      if (command.type === 'run') for (const id of command.requestIds) freed.delete(id);
      else if (command.type === 'finish' || command.type === 'settle') freed.delete(command.requestId);
    }
    for (const id of freed) jobs.byId.get(id)?.progress.tell({ status: 'queued' });
  };
}
