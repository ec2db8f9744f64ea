import { randomNormal } from 'd3-random';
import { createExecutionModel } from '../backends/simulated/index.js';
import { TetriError, type Cluster, type RoundPlan, type Settlement } from '../model/index.js';
import type { Policy } from '../policies/index.js';
import type { Profile } from '../profile/index.js';
import { validatePlan, type RoundInput } from '../rounds/index.js';
import {
  createSchedulerCore,
  type SchedulerCommand,
  type SchedulerCoreOptions,
  type SchedulerEvent,
} from '../scheduler/index.js';
import { createEventQueue } from './event-queue.js';
import { randomStreams } from './random.js';
import type { ChunkRecord, RequestRecord, RunLog } from './run-log.js';
import { createSimulatedCluster } from './simulated-cluster.js';
import { parseTrace, type Trace } from './trace.js';

/** Something that happens to a simulated run from outside. */
export type Disturbance =
  | { readonly type: 'cancel'; readonly atMs: number; readonly requestId: string }
  | {
      readonly type: 'gpu-lost';
      readonly atMs: number;
      readonly gpu: number;
      /** Whether the steps completed on it survive. Default `intact`. */
      readonly state?: 'intact' | 'lost';
    }
  | { readonly type: 'gpu-back'; readonly atMs: number; readonly gpu: number };

/** What to simulate. */
export interface SimulateOptions {
  /** The requests to replay. */
  readonly trace: Trace;
  /** What the scheduler takes steps to cost. */
  readonly profile: Profile;
  /** What they really cost, for a profile that is wrong; it has to know the same shapes and degrees. Default: `profile`. */
  readonly executedProfile?: Profile;
  /** The GPUs to simulate. */
  readonly cluster: Cluster;
  /** What decides who runs where. */
  readonly policy: Policy;
  /** Cost of running a request on other GPUs, or on fewer or more of them, than its last chunk, in ms. Default 2. */
  readonly switchMs?: number;
  /** Noisy step times; default none. */
  readonly noise?: {
    /** A whole number of at least 0. */
    readonly seed: number;
    /** Coefficient of variation of one step. Default: that of each shape in the profile, 0 where it has none. */
    readonly stepCv?: number;
  };
  /**
   * How the scheduler treats admission, late requests, starvation and corrections. Default: as `createSchedulerCore()` does, but for
   * `starvationMs`, which is `Infinity`: late requests get no second chances, so that policies are compared by themselves.
   */
  readonly scheduler?: Omit<SchedulerCoreOptions, 'profile' | 'policy' | 'onPlan'>;
  /** Cancellations and losses; default none. */
  readonly disturbances?: readonly Disturbance[];
  /** Whether every plan is checked by `validatePlan()`. Default `true`. */
  readonly checkPlans?: boolean;
  /** Milliseconds of a clock, for the planning times alone: nothing that is simulated depends on it. Default: none, all 0. */
  readonly clock?: () => number;
  /** Told how many requests have ended so far. Default none. */
  readonly onProgress?: (ended: number) => void;
}

/** What happened in a simulation. Apart from `planningMs` a function of the options. */
export interface SimulationRun {
  /** The name of the policy. */
  readonly policy: string;
  /** Every executed chunk, in order of end. */
  readonly log: RunLog;
  /** How each request of the trace ended, in order of the trace. */
  readonly records: readonly RequestRecord[];
  /** The time that each turn of the scheduler with a plan in it took, in ms. */
  readonly planningMs: readonly number[];
}

/** Plans in a row without any effect after which nothing more is expected to happen. */
const maxIdlePlans = 1000;

// Of things that happen at one time: what ends comes before what begins, so that one plan sees free GPUs and newcomers together.
const rank = { end: 0, disturbance: 1, submit: 2, cancel: 3, time: 4 } as const;

/**
 * Replays a trace on virtual time through the very scheduler core that serves real requests.
 *
 * @throws `TetriError` for a bad trace or bad options, and `invalid-plan` if the policy breaks a rule
 */
export function simulate(options: SimulateOptions): SimulationRun {
  const { profile, cluster, policy, clock = () => 0, onProgress } = options;
  const trace = parseTrace(options.trace, profile, 'trace');
  const shapeById = new Map(trace.requests.map((request) => [request.id, request.shape]));
  const queue = createEventQueue<() => SchedulerEvent | undefined>();
  const planned: { input: RoundInput; plan: RoundPlan }[] = [];
  const core = createSchedulerCore(cluster, {
    starvationMs: Infinity,
    ...options.scheduler,
    profile,
    policy,
    onPlan: (input, plan) => planned.push({ input, plan }),
  });
  const gpus = createSimulatedCluster(
    createExecutionModel({
      profile: options.executedProfile ?? profile,
      shapeOf: (id) => shapeById.get(id) as string,
      ...(options.switchMs === undefined ? {} : { switchMs: options.switchMs }),
      ...(options.noise === undefined ? {} : { noise: noiseOf(options.noise) }),
    }),
    (atMs, event) => queue.add(atMs, rank.end, event),
  );
  const settled = new Map<string, RequestRecord>();
  const planningMs: number[] = [];
  let fromOutside = trace.requests.length + (options.disturbances ?? []).length;

  for (const request of trace.requests) {
    queue.add(request.arrivalMs, rank.submit, () => {
      fromOutside--;
      return { type: 'submit', atMs: request.arrivalMs, request };
    });
  }
  for (const disturbance of options.disturbances ?? []) {
    const { atMs } = disturbance;
    queue.add(atMs, disturbance.type === 'cancel' ? rank.cancel : rank.disturbance, () => {
      fromOutside--;
      if (disturbance.type === 'gpu-lost') gpus.lose(disturbance.gpu, atMs, disturbance.state ?? 'intact');
      return disturbance;
    });
  }

  const carryOut = (command: SchedulerCommand, atMs: number): void => {
    switch (command.type) {
      case 'run':
        gpus.run(command, atMs);
        break;
      case 'abort':
        gpus.abort(command.chunkId, atMs);
        break;
      case 'abort-finish':
        // Decoding is one pass, not to be interrupted.
        break;
      case 'reset':
        break;
      case 'finish':
        gpus.finish(command.requestId, command.gpu, atMs);
        break;
      case 'settle':
        gpus.release(command.requestId);
        settled.set(command.requestId, recordOf(command.requestId, command.settlement, atMs));
        onProgress?.(settled.size);
        break;
      case 'wake':
        queue.add(command.atMs, rank.time, () => ({ type: 'time', atMs: command.atMs }));
        break;
      case 'plan-failed':
        throw command.error;
    }
  };

  let idlePlans = 0;
  for (let due = queue.takeNext(); due.length > 0 && idlePlans < maxIdlePlans; due = queue.takeNext()) {
    const events = due.map(({ event }) => event()).filter((event) => event !== undefined);
    if (events.length === 0) continue;
    const atMs = events.reduce((latest, event) => Math.max(latest, event.atMs), -Infinity);
    const startedMs = clock();
    const commands = core.handle(events);
    const tookMs = clock() - startedMs;
    for (const { input, plan } of planned.splice(0)) {
      planningMs.push(tookMs);
      if (options.checkPlans ?? true) check(input, plan);
    }
    for (const command of commands) carryOut(command, atMs);
    const isIdle =
      events.every((event) => event.type === 'time') && commands.every((command) => command.type === 'wake');
    idlePlans = isIdle && fromOutside === 0 && gpus.isIdle() ? idlePlans + 1 : 0;
  }

  const records = trace.requests.map(
    ({ id }): RequestRecord => settled.get(id) ?? { requestId: id, status: 'unfinished', endMs: null, onTime: false },
  );
  // Encoding is logged with the chunk that it belongs to.
  const log = [...gpus.log, ...undelivered(trace, records, gpus.log)].sort((a, b) => a.endMs - b.endMs);
  return { policy: policy.name, log, records, planningMs };
}

function noiseOf({ seed, stepCv }: NonNullable<SimulateOptions['noise']>): {
  deviate: () => number;
  stepCv?: number;
} {
  const deviate = randomNormal.source(randomStreams(seed)('step noise'))();
  return stepCv === undefined ? { deviate } : { deviate, stepCv };
}

function recordOf(requestId: string, settlement: Settlement, endMs: number): RequestRecord {
  const { status } = settlement;
  const onTime = status === 'completed' && settlement.onTime;
  return status === 'failed' || status === 'refused'
    ? { requestId, status, endMs, onTime, reason: settlement.reason }
    : { requestId, status, endMs, onTime };
}

/** A line for each request that had done all its steps and found no GPU any more to be decoded on. */
function undelivered(trace: Trace, records: readonly RequestRecord[], log: RunLog): ChunkRecord[] {
  const unfinished = new Set(records.filter(({ status }) => status === 'unfinished').map(({ requestId }) => requestId));
  return trace.requests.flatMap(({ id, steps }) => {
    if (!unfinished.has(id)) return [];
    const last = log.findLast(({ requestIds }) => requestIds.includes(id));
    if (last?.fromSteps === undefined) return [];
    const { requestIds, fromSteps, gpus, endMs } = last;
    if ((fromSteps[requestIds.indexOf(id)] as number) + last.steps < steps) return [];
    const gpu = gpus.slice(0, 1);
    return [
      { requestIds: [id], gpus: gpu, degree: 1, startMs: endMs, endMs, steps: 0, stage: 'decode', cut: 'gpu-lost' },
    ];
  });
}

function check(input: RoundInput, plan: RoundPlan): void {
  const [violation] = validatePlan(input, plan);
  if (violation !== undefined) throw new TetriError('invalid-plan', violation.message, violation.path, plan);
}
