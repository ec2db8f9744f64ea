import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPolicy, policyNames, tetriserve, type Policy } from '../../src/policies/index.js';
import { validatePlan } from '../../src/rounds/index.js';
import type { SchedulerEvent } from '../../src/scheduler/index.js';
import { cases, isServable, profileOf, worlds, type World } from '../simulation/worlds.js';
import { Shell } from './shell.js';

/** One thing that happens; what it happens to is taken modulo what there is. */
interface Action {
  readonly kind: (typeof kinds)[number];
  readonly target: number;
  readonly variant: number;
  /** Since the last action, in ms; a clock may jump back. */
  readonly afterMs: number;
  /** Whether the core is told now; otherwise together with the next action. */
  readonly flush: boolean;
}

const kinds = [
  ...['submit', 'submit', 'submit', 'submit', 'cancel', 'cancel', 'done', 'done', 'done', 'done', 'done', 'done'],
  ...['failed', 'failed', 'finished', 'finished', 'finished', 'finish-failed', 'gpu-lost', 'gpu-back', 'gpu-back'],
  ...['time', 'time', 'stale', 'refused', 'nothing', 'backend-lost', 'zombie'],
] as const;

const actions: fc.Arbitrary<readonly Action[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(...kinds),
    target: fc.nat(100),
    variant: fc.nat(100),
    afterMs: fc.constantFrom(0, 0, 0, 0.5, 3, 20, 150, -10),
    flush: fc.boolean(),
  }),
  { minLength: 1, maxLength: 60, size: 'max' },
);

interface Play {
  readonly world: World;
  readonly actions: readonly Action[];
  readonly maxFailures: number;
  readonly starvationMs: number;
  readonly stallMs: number;
  /** After which action a core that was restored from a snapshot joins in. */
  readonly twinAt: number;
  /** How many GPUs are still lost at the end. */
  readonly lostInTheEnd: number;
}

const plays: fc.Arbitrary<Play> = fc.record({
  world: worlds(),
  actions,
  maxFailures: fc.integer({ min: 1, max: 3 }),
  starvationMs: fc.constantFrom(Infinity, Infinity, 0.5, 100),
  stallMs: fc.constantFrom(Infinity, Infinity, 1, 100),
  twinAt: fc.nat(30),
  lostInTheEnd: fc.nat(2),
});

const pick = <T>(items: readonly T[], index: number): T | undefined => items[index % items.length];

/** Plays the actions, then lets everything succeed until nothing is left to do. */
function play(
  { world, maxFailures, starvationMs, stallMs, twinAt, lostInTheEnd, ...script }: Play,
  policy: Policy,
): Shell {
  const { cluster } = world;
  const profile = profileOf(...world.shapes);
  const shell = new Shell({
    cluster,
    profile,
    policy,
    maxFailures,
    starvationMs,
    stallMs,
    onPlan: (input, plan) => expect(validatePlan(input, plan)).toEqual([]),
  });
  let nowMs = 0;
  let submitted = 0;
  let untold: SchedulerEvent[] = [];

  const eventOf = ({ kind, target, variant }: Action): SchedulerEvent | undefined => {
    const atMs = nowMs;
    const told = new Set(untold.map((event) => ('chunkId' in event ? event.chunkId : undefined)));
    const chunk = pick(
      [...shell.chunks.values()].filter(({ command }) => !told.has(command.chunkId)),
      target,
    );
    const asked = new Set(untold.map((event) => ('requestId' in event ? event.requestId : undefined)));
    const finish = pick(
      [...shell.finishes.keys()].filter((id) => !asked.has(id)),
      target,
    );
    const gpu = pick(cluster.gpus, target)!.id;
    const state = variant % 2 === 0 ? 'intact' : 'lost';
    const cause = variant % 3 === 0 ? 'gpu-lost' : 'error';
    switch (kind) {
      case 'submit': {
        const draft = pick(world.requests, target)!;
        const lateMs = variant % 7;
        const dueMs = draft.deadlineMs - draft.arrivalMs;
        // An id may come back once its first owner has ended.
        const reused = variant % 5 === 0 ? pick([...shell.settled.keys()], target) : undefined;
        const isFree =
          reused !== undefined && !shell.jobs.has(reused) && !untold.some((event) => event.type === 'submit');
        const id = isFree ? reused : `r${submitted++}`;
        return { type: 'submit', atMs, request: { ...draft, id, arrivalMs: atMs - lateMs, deadlineMs: atMs + dueMs } };
      }
      case 'cancel': {
        const known = [
          ...shell.jobs.keys(),
          ...untold.flatMap((event) => (event.type === 'submit' ? event.request.id : [])),
        ];
        return {
          type: 'cancel',
          atMs,
          requestId: (variant % 4 === 0 ? undefined : pick(known, target)) ?? `r${target}`,
        };
      }
      case 'done': {
        if (chunk === undefined) return undefined;
        const { chunkId, steps } = chunk.command;
        return { type: 'chunk-done', atMs, chunkId, steps: chunk.aborted ? variant % (steps + 1) : steps };
      }
      case 'failed': {
        if (chunk === undefined) return undefined;
        const { chunkId, steps } = chunk.command;
        return { type: 'chunk-failed', atMs, chunkId, steps: variant % (steps + 1), state, cause, detail: 'bang' };
      }
      case 'finished':
        return finish === undefined ? undefined : { type: 'finished', atMs, requestId: finish };
      case 'finish-failed':
        if (finish === undefined) return undefined;
        return { type: 'finish-failed', atMs, requestId: finish, state, cause, detail: 'bang' };
      case 'gpu-lost':
      case 'gpu-back':
        return { type: kind, atMs, gpu };
      case 'time':
        return { type: 'time', atMs };
      case 'stale': {
        const requestId = `unknown-${target}`;
        const chunkId = [0, -1, 10_000, NaN][target % 4]!;
        if (variant % 4 === 0) return { type: 'chunk-done', atMs, chunkId, steps: 1 };
        if (variant % 4 === 1) return { type: 'chunk-failed', atMs, chunkId, steps: 1, state, cause, detail: 'bang' };
        if (variant % 4 === 2) return { type: 'finished', atMs, requestId };
        return { type: 'finish-failed', atMs, requestId, state, cause, detail: 'bang' };
      }
      case 'refused': {
        const { shape } = world.requests[0]!;
        const request = { id: 'new', shape, steps: 1, arrivalMs: 0, deadlineMs: 1 };
        const known = pick([...shell.jobs.keys()], target);
        const bad: readonly (readonly [SchedulerEvent, string])[] = [
          [{ type: 'submit', atMs, request: { ...request, shape: '4096x4096' } }, 'unknown-shape'],
          [{ type: 'submit', atMs, request: { ...request, steps: 0 } }, 'out-of-range'],
          [{ type: 'submit', atMs: NaN, request }, 'out-of-range'],
          [{ type: 'gpu-lost', atMs, gpu: 99 }, 'unknown-gpu'],
          [{ type: 'gpu-back', atMs, gpu: -1 }, 'unknown-gpu'],
          ...(known === undefined
            ? []
            : [[{ type: 'submit', atMs, request: { ...request, id: known } }, 'duplicate-request'] as const]),
        ];
        const [event, code] = pick(bad, variant)!;
        const good = [...untold];
        good.splice(target % (good.length + 1), 0, event);
        shell.expectRefused(good, code);
        return undefined;
      }
      case 'backend-lost':
        return variant % 3 === 0 && untold.length === 0 ? { type: 'backend-lost', atMs, detail: 'bang' } : undefined;
      case 'zombie': {
        const zombie = pick([...shell.zombies.keys()], target);
        if (zombie === undefined || told.has(zombie)) return undefined;
        if (variant % 2 === 0) return { type: 'chunk-done', atMs, chunkId: zombie, steps: 1 };
        return { type: 'chunk-failed', atMs, chunkId: zombie, steps: 0, state, cause, detail: 'bang' };
      }
      case 'nothing':
        shell.send([]);
        return undefined;
    }
  };

  const tell = (events: readonly SchedulerEvent[]): void => {
    if (events.length > 0) shell.send(events);
  };
  for (const [index, action] of script.actions.entries()) {
    nowMs += action.afterMs;
    const event = eventOf(action);
    if (event !== undefined) untold.push(event);
    if (action.flush) {
      tell(untold);
      untold = [];
    }
    if (index === twinAt) shell.addTwin();
  }
  tell(untold);
  drain(
    shell,
    cluster.gpus.slice(lostInTheEnd).map(({ id }) => id),
    nowMs,
  );
  const gpus = cluster.gpus.filter(({ id }) => !shell.lost.has(id));
  for (const { request } of shell.jobs.values()) {
    // Nobody starves, even where the policy has no use for a request.
    const served = starvationMs === Infinity ? policy : { ...policy, name: 'any' };
    expect(isServable(profile, gpus, served, request.shape), `${request.id} is left over`).toBe(false);
  }
  expect(shell.settled.size + shell.jobs.size).toBeGreaterThanOrEqual(Math.min(1, submitted));
  expect(shell.plansFailed).toBe(0);
  return shell;
}

/** Everything succeeds, one thing after the other, and every wish to be woken is granted. */
function drain(shell: Shell, gpus: readonly number[], fromMs: number): void {
  let nowMs = Math.max(fromMs, shell.nowMs);
  shell.send(gpus.map((gpu) => ({ type: 'gpu-back', atMs: nowMs, gpu })));
  let idleTurns = 0;
  for (let turns = 0; shell.jobs.size > 0 && idleTurns < 50; turns++) {
    expect(turns, 'turns without an end').toBeLessThan(20_000);
    const [chunk] = shell.chunks.values();
    const [finish] = shell.finishes.keys();
    const [zombie] = shell.zombies.keys();
    const lost = gpus.filter((gpu) => shell.lost.has(gpu));
    const due = shell.wakes.filter((atMs) => atMs <= nowMs);
    shell.wakes = shell.wakes.filter((atMs) => atMs > nowMs);
    if (due.length > 0) {
      shell.send([{ type: 'time', atMs: nowMs }]);
    } else if (chunk !== undefined) {
      const { chunkId, steps } = chunk.command;
      shell.send([{ type: 'chunk-done', atMs: nowMs, chunkId, steps: chunk.aborted ? 0 : steps }]);
    } else if (finish !== undefined) {
      shell.send([{ type: 'finished', atMs: nowMs, requestId: finish }]);
    } else if (zombie !== undefined) {
      shell.send([{ type: 'chunk-done', atMs: nowMs, chunkId: zombie, steps: 0 }]);
    } else if (lost.length > 0) {
      shell.send(lost.map((gpu) => ({ type: 'gpu-back', atMs: nowMs, gpu })));
    } else {
      if (shell.wakes.length === 0) return;
      nowMs = Math.min(...shell.wakes);
      idleTurns++;
      continue;
    }
    if (shell.chunks.size > 0 || shell.finishes.size > 0) idleTurns = 0;
    nowMs += 1;
  }
}

const policies: readonly [string, () => Policy][] = [
  ...policyNames.map((name): [string, () => Policy] => [name, () => createPolicy(name)]),
  ['tetriserve in short rounds', () => tetriserve({ roundMs: 17 })],
];

describe.each(policies)('%s', { timeout: 60_000 }, (_, create) => {
  it('keeps to the protocol whatever happens, and ends every request once', () => {
    const policy = create();
    fc.assert(
      fc.property(plays, (one) => {
        const shell = play(one, policy);
        for (const settlement of shell.settled.values())
          expect(settlement.status).toMatch(/completed|cancelled|failed/);
      }),
      cases(40),
    );
  });
});
