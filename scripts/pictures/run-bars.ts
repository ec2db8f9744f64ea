import type { Policy } from '@tetri/scheduler';
import { builtinProfile, createCluster } from '@tetri/scheduler';
import { simulate, validateRun, type Trace } from '@tetri/scheduler/simulation';
import type { Bar } from './lanes.js';

export const profile = builtinProfile('flux.1-dev_h100');
export const cluster = createCluster(8);
export const shapes = ['256x256', '512x512', '1024x1024', '2048x2048'];

/** What is drawn of a run. */
export interface DrawnRun {
  readonly bars: readonly Bar[];
  readonly onTime: number;
  /** When each plan was made, in ms. */
  readonly planMs: readonly number[];
}

/** Simulates, checks the run, and joins chunks that follow on each other. Requests are called 1, 2, ... by arrival. */
export function drawRun(trace: Trace, policy: Policy): DrawnRun {
  const planMs: number[] = [];
  const watched: Policy = {
    ...policy,
    plan(input) {
      planMs.push(input.nowMs);
      return policy.plan(input);
    },
  };
  const { log, records } = simulate({ trace, profile, cluster, policy: watched });
  const { violations } = validateRun(log, trace, profile, { cluster, records });
  if (violations[0] !== undefined) throw new Error(violations[0].message);

  const byId = new Map(trace.requests.map((request, index) => [request.id, { ...request, label: String(index + 1) }]));
  const bars: Bar[] = [];
  for (const { requestIds, gpus, startMs, endMs } of log.toSorted((a, b) => a.startMs - b.startMs)) {
    const members = requestIds.map((id) => byId.get(id)!);
    const bar: Bar = {
      ...{ label: members.map(({ label }) => label).join('+'), shape: members[0]!.shape, gpus, startMs, endMs },
      isLate: members.some(({ deadlineMs }) => endMs > deadlineMs),
    };
    const before = bars.findLastIndex((other) => follows(other, bar));
    if (before >= 0) bars[before] = { ...bars[before]!, endMs };
    else bars.push(bar);
  }
  return { bars, onTime: records.filter(({ onTime }) => onTime).length, planMs };
}

/** Where an axis of time ends that holds these runs: at the next mark, of which there is one each `everyMs`. */
export function axisEndMs(runs: readonly DrawnRun[], everyMs: number): number {
  const lastMs = Math.max(...runs.flatMap(({ bars }) => bars.map(({ endMs }) => endMs)));
  return Math.ceil(lastMs / everyMs) * everyMs;
}

function follows(before: Bar, bar: Bar): boolean {
  const isSame = before.label === bar.label && before.isLate === bar.isLate && before.gpus.join() === bar.gpus.join();
  return isSame && Math.abs(bar.startMs - before.endMs) < 1;
}
