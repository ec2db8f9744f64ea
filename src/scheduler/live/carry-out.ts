import type { Clock } from '../../clock/index.js';
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

  /** What is known before anything is done. Returns those whose chunk ended. */
  const takeNote = (events: readonly SchedulerEvent[], refused: ReadonlySet<string>): Set<string> => {
    const freed = new Set<string>();
    for (const event of events) {
      if (event.type === 'submit') {
        const job = jobs.byId.get(event.request.id);
        if (job !== undefined && !refused.has(event.request.id)) hands.onAccepted(job);
      } else if (event.type === 'chunk-done' || event.type === 'chunk-failed') {
        for (const id of membersOf.get(event.chunkId) ?? []) freed.add(id);
        membersOf.delete(event.chunkId);
        telemetry.ended(event.chunkId, event, event.atMs);
      } else if (event.type === 'finish-failed') {
        freed.add(event.requestId);
      } else if (event.type === 'gpu-lost') {
        telemetry.gpuLost(event.gpu);
      } else if (event.type === 'backend-lost') {
        for (const [chunkId, ids] of membersOf) {
          for (const id of ids) freed.add(id);
          telemetry.ended(chunkId, undefined, event.atMs);
        }
        membersOf.clear();
      }
    }
    return freed;
  };

  const run = (command: SchedulerCommand & { type: 'run' }): void => {
    const atMs = clock.nowMs();
    const members = command.requestIds.map((id) => jobs.byId.get(id) as Job<Payload, Artifact>);
    const [first] = members as [Job<Payload, Artifact>];
    telemetry.started(command, first.request, first.lastGpus, atMs);
    for (const job of members) {
      if (job.lastGpus.length === 0) hands.ledger?.started(job.request.id, atMs);
      job.lastGpus = command.gpus;
    }
    membersOf.set(command.chunkId, command.requestIds);
    execution.run(command);
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
        if (job === undefined) break;
        if (job.prepared) telemetry.restarted();
        execution.reset(job);
        job.progress.tell({ status: 'queued' });
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
    const refused = new Set<string>();
    const settled = new Set<string>();
    for (const command of commands) {
      if (command.type !== 'settle') continue;
      settled.add(command.requestId);
      if (command.settlement.status === 'refused') refused.add(command.requestId);
    }
    for (const event of events) {
      if (event.type === 'chunk-failed') {
        const isRetried = (membersOf.get(event.chunkId) ?? []).some((id) => !settled.has(id));
        if (isRetried) telemetry.retried(event.cause);
      } else if (event.type === 'finish-failed' && !settled.has(event.requestId)) {
        telemetry.retried(event.cause);
      }
    }
    const freed = takeNote(events, refused);
    for (const command of commands) {
      carryOut(command);
      if (command.type === 'run') for (const id of command.requestIds) freed.delete(id);
      else if (command.type === 'finish' || command.type === 'settle') freed.delete(command.requestId);
    }
    for (const id of freed) jobs.byId.get(id)?.progress.tell({ status: 'queued' });
  };
}
