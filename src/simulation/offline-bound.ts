import { mean } from 'd3-array';
import { flag, optional, positive } from '../model/check.js';
import { TetriError, type Cluster } from '../model/index.js';
import { restrictDegrees } from '../parallelism/index.js';
import { batchStepMsAt, type Profile, type ShapeTimes } from '../profile/index.js';
import { parseTrace, type Trace } from './trace.js';

/**
 * What no scheduler can exceed on a trace.
 *
 * @experimental
 */
export interface OfflineBound {
  /** Requests that can be on time, at most. */
  readonly onTime: number;
  /** The same as a share of all requests, from 0 to 1. */
  readonly sloAttainment: number;
  /** The length of the time slots that it was computed with, in ms. */
  readonly slotMs: number;
}

/**
 * How the bound is computed.
 *
 * @experimental
 */
export interface OfflineBoundOptions {
  /**
   * The length of a slot in ms, above 0; shorter ones make a tighter bound, and take longer. Default: a twelfth of the average time from
   * arrival to deadline.
   */
  readonly slotMs?: number;
  /**
   * Count whole requests only: a linear program may have half of each of two requests be on time. Tighter by a few points where many compete,
   * but an integer program, which can take minutes, or hours. Default `false`.
   */
  readonly wholeRequests?: boolean;
}

/** Slots of the average request: more make the bound tighter and take longer. */
const slotsPerRequest = 12;

/**
 * How many requests of a trace could be on time if the whole future were known: a relaxation, solved exactly. Time is cut into
 * slots; in each slot a request may spend any part of the time at any degree and in any batch that was measured, and the GPU time of
 * all must not exceed that of the cluster. So it stops and moves requests for free, splits steps, and packs groups without
 * gaps: every schedule keeps its rules, and no schedule may reach it. The more requests compete, the looser it is.
 *
 * Needs the package `highs`, which is loaded when this is called. Weights do not count, as in `summarize()`.
 *
 * @param trace - checked here
 * @param options - how tight it is
 * @throws `TetriError` `peer-missing` without `highs`; `unsolved` if it fails; `invalid-type`, `out-of-range`, and whatever is wrong with the trace
 *
 * Complexity: a program, linear unless `wholeRequests` is set, of O(requests x slots of each x degrees x batch sizes)
 * variables; a second or a few for 300 requests.
 *
 * @experimental
 */
export async function offlineBound(
  trace: Trace,
  profile: Profile,
  cluster: Cluster,
  options: OfflineBoundOptions = {},
): Promise<OfflineBound> {
  const wholeRequests = optional(options.wholeRequests, false, (value) => flag(value, 'wholeRequests'));
  const { requests } = parseTrace(trace, profile, 'trace');
  const gpuCount = cluster.gpus.length;
  const largestDomain = Math.max(0, ...countByDomain(cluster));
  const jobs: Job[] = requests.flatMap(({ shape, steps, startStep = 0, arrivalMs, deadlineMs }) => {
    const times = restrictDegrees(profile.shape(shape), largestDomain);
    if (times === undefined) return [];
    const [fromMs, byMs] = [arrivalMs + times.encodeMs, deadlineMs - times.decodeMs];
    const rest = steps - startStep;
    return fromMs + rest * fastestMs(times) > byMs + 1e-6 ? [] : [{ steps: rest, fromMs, byMs, modes: modesOf(times) }];
  });
  const lengthMs =
    options.slotMs === undefined
      ? Math.max(1e-3, (mean(jobs, ({ fromMs, byMs }) => byMs - fromMs) ?? 1) / slotsPerRequest)
      : positive(options.slotMs, 'slotMs');
  const most = jobs.length === 0 ? 0 : await solve(programOf(jobs, gpuCount, lengthMs, wholeRequests));
  // A whole number: what is left of one does not count. The solver's own tolerance is forgiven.
  const onTime = Math.min(jobs.length, wholeRequests ? Math.round(most) : Math.floor(most + 1e-4));
  return { onTime, sloAttainment: requests.length === 0 ? 1 : onTime / requests.length, slotMs: lengthMs };
}

/** A request that could be on time if it were alone. */
interface Job {
  readonly steps: number;
  readonly fromMs: number;
  readonly byMs: number;
  readonly modes: readonly Mode[];
}

/** A way to run: at a degree, alone or with others. */
interface Mode {
  readonly stepMs: number;
  /** Its share of the GPUs of the group. */
  readonly gpus: number;
}

function modesOf(times: ShapeTimes): readonly Mode[] {
  const sizes = [1, ...times.batches.map(({ size }) => size)];
  const all = times.degrees.flatMap((degree) =>
    sizes.flatMap((size): Mode[] => {
      const stepMs = batchStepMsAt(times, size, degree);
      return stepMs === undefined ? [] : [{ stepMs, gpus: degree / size }];
    }),
  );
  // What is neither faster nor cheaper than another one is of no use.
  const isWorse = (a: Mode, b: Mode): boolean =>
    b.stepMs <= a.stepMs && b.stepMs * b.gpus <= a.stepMs * a.gpus && (b.stepMs < a.stepMs || b.gpus < a.gpus);
  return all.filter((mode) => !all.some((other) => isWorse(mode, other)));
}

function fastestMs(times: ShapeTimes): number {
  return Math.min(...modesOf(times).map(({ stepMs }) => stepMs));
}

function countByDomain({ gpus }: Cluster): Iterable<number> {
  const counts = new Map<number, number>();
  for (const { domain } of gpus) counts.set(domain, (counts.get(domain) ?? 0) + 1);
  return counts.values();
}

/** The program in CPLEX's LP format; times in slots, so that its coefficients are of one order. */
function programOf(jobs: readonly Job[], gpuCount: number, slotMs: number, wholeRequests: boolean): string {
  const rules: string[] = [];
  const usedIn = new Map<number, string[]>();
  jobs.forEach(({ steps, fromMs, byMs, modes }, i) => {
    const work: string[] = [`${steps} y${i}`];
    for (let slot = Math.floor(fromMs / slotMs); slot * slotMs < byMs; slot++) {
      const length = (Math.min(byMs, (slot + 1) * slotMs) - Math.max(fromMs, slot * slotMs)) / slotMs;
      if (length <= 0) continue;
      const spent: string[] = [];
      modes.forEach(({ stepMs, gpus }, mode) => {
        const name = `x${i}_${slot < 0 ? 'm' : ''}${Math.abs(slot)}_${mode}`;
        work.push(`- ${slotMs / stepMs} ${name}`);
        spent.push(`+ ${name}`);
        const used = usedIn.get(slot) ?? [];
        usedIn.set(slot, used);
        used.push(`+ ${gpus} ${name}`);
      });
      // One group at a time, and none for what is not to be on time.
      rules.push(`${spent.join('\n ')}\n - ${length} y${i} <= 0`);
    }
    rules.push(`${work.join('\n ')} <= 0`);
  });
  for (const used of usedIn.values()) rules.push(`${used.join('\n ')} <= ${gpuCount}`);
  const names = jobs.map((_, i) => `y${i}`);
  return [
    `Maximize\n obj: ${names.join('\n + ')}`,
    `Subject To\n ${rules.map((rule, index) => `c${index}: ${rule}`).join('\n ')}`,
    `Bounds\n ${names.map((name) => `0 <= ${name} <= 1`).join('\n ')}`,
    ...(wholeRequests ? [`Binary\n ${names.join('\n ')}`] : []),
    'End\n',
  ].join('\n');
}

/** The part of `highs` that is used here. Its types describe a CommonJS module, and Node loads the other one that it has. */
interface Solver {
  solve(program: string, options: object): { readonly Status: string; readonly ObjectiveValue: number };
}

/** Whole requests that a solution may lack: less than one, so that it lacks none. */
const gap = 0.99;

/** The objective of the best solution. */
async function solve(program: string): Promise<number> {
  const solver = await (await loadHighs())();
  const { Status, ObjectiveValue } = solver.solve(program, { output_flag: false, mip_abs_gap: gap, mip_rel_gap: 0 });
  if (Status !== 'Optimal') throw new TetriError('unsolved', `the linear program ended as "${Status}"`);
  return ObjectiveValue;
}

async function loadHighs(): Promise<() => Promise<Solver>> {
  try {
    return (await import('highs')).default as unknown as () => Promise<Solver>;
  } catch {
    throw new TetriError('peer-missing', 'offlineBound() needs the package highs: npm install highs');
  }
}
