import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BackendError, type BackendErrorCode } from '../../src/backends/index.js';
import { createSimulatedBackend, type SimulatedChunkRecord } from '../../src/backends/simulated/index.js';
import { createCluster } from '../../src/model/index.js';
import { createVirtualClock } from '../../src/simulation/index.js';
import { big, profile, small } from './simulated-setup.js';

/** One thing that is done; what it is done to is taken modulo what there is. */
interface Action {
  readonly kind: (typeof kinds)[number];
  readonly target: number;
  readonly variant: number;
  readonly steps: number;
  /** Time that passes after it, in ms; `null` for none at all, not even that of an answer. */
  readonly afterMs: number | null;
}

const kinds = [
  ...['prepare', 'prepare', 'prepare', 'prepare', 'run', 'run', 'run', 'run', 'run', 'run', 'finish', 'finish'],
  ...['abort', 'abort', 'release', 'renew', 'renew'],
  ...['failNextChunk', 'failNextPrepare', 'failNextFinish', 'loseGpu', 'restoreGpu', 'restoreGpu'],
  ...['stallNextChunk', 'stall', 'unstall', 'unstall', 'slowGpu', 'die', 'nothing'],
] as const;

const actions: fc.Arbitrary<readonly Action[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(...kinds),
    target: fc.nat(100),
    variant: fc.nat(100),
    steps: fc.integer({ min: 1, max: 6 }),
    afterMs: fc.constantFrom(null, null, 0, 1, 4, 10, 12, 33, 100),
  }),
  { minLength: 1, maxLength: 80, size: 'max' },
);

/** What the caller knows of a request. */
interface Request {
  readonly id: string;
  readonly shape: string;
  readonly payload: { readonly serial: number };
  stepsDone: number;
  /** Whether the backend is said to have a state of it. */
  held: boolean;
  call: Call | undefined;
}

interface Call {
  readonly kind: 'prepare' | 'run' | 'finish';
  readonly requests: readonly Request[];
  readonly gpus: readonly number[];
  readonly abort: () => void;
  /** It was aborted, or a request in it was released. */
  cut: boolean;
  /** Why it may fail. */
  readonly legal: Set<BackendErrorCode>;
}

const stepsOfAll = 8;
const isPoisonous = ({ payload }: Pick<Request, 'payload'>): boolean => payload.serial % 7 === 6;
const pick = <T>(items: readonly T[], index: number): T | undefined => items[index % items.length];
/** The groups that both shapes can run on, in two domains. */
const groups = [[0], [1], [2], [3], [0, 1], [1, 0], [2, 3]];

/**
 * Plays a script of legal calls and of faults. The books are kept by the answers alone: a request is where they say, a GPU is free
 * when they say, and no call that is legal by the books may be refused.
 */
async function play(script: readonly Action[]): Promise<void> {
  const clock = createVirtualClock();
  const records: SimulatedChunkRecord[] = [];
  const backend = createSimulatedBackend({
    profile,
    cluster: createCluster(4, 2),
    clock,
    switchMs: 3,
    isPoisonous: (payload) => isPoisonous({ payload: payload as Request['payload'] }),
    onChunk: (record) => records.push(record),
  });
  const { faults } = backend;
  const requests = new Map<string, Request>();
  const calls = new Set<Call>();
  const lost = new Set<number>();
  let serial = 0;
  let releasing = 0;
  /** Failures that were ordered and not seen yet. */
  let failures = 0;
  const problems: unknown[] = [];

  const open = (): Promise<unknown> =>
    backend.open((event) => {
      if (event.type === 'gpu-lost') {
        lost.add(event.gpu);
        for (const { gpus, legal } of calls) if (gpus.includes(event.gpu)) legal.add('gpu-lost');
      } else if (event.type === 'gpu-back') lost.delete(event.gpu);
      else {
        lost.clear();
        for (const { legal } of calls) legal.add('backend-lost');
      }
    });

  /** Makes a call and books its answer. */
  const track = <T>(
    { kind, requests: members, gpus }: Pick<Call, 'kind' | 'requests' | 'gpus'>,
    make: (signal: AbortSignal) => Promise<T>,
    book: (value: T, call: Call) => void,
  ): void => {
    const controller = new AbortController();
    const call: Call = {
      kind,
      requests: members,
      gpus,
      abort: () => controller.abort(),
      cut: false,
      legal: new Set(),
    };
    calls.add(call);
    for (const request of members) request.call = call;
    const end = (): void => {
      calls.delete(call);
      for (const request of members) request.call = undefined;
    };
    const bookFailure = (error: unknown): void => {
      if (!BackendError.isInstance(error)) throw error;
      const isPoisoned = kind === 'run' && members.some(isPoisonous);
      if (isPoisoned && error.code === 'chunk-failed')
        expect(error.requestIds).toEqual(members.filter(isPoisonous).map(({ id }) => id));
      else if (error.code === 'chunk-failed') expect(failures--).toBeGreaterThan(0);
      else if (error.code === 'aborted')
        expect(call).toMatchObject({ cut: true, kind: expect.not.stringMatching('run') });
      else expect(call.legal).toContain(error.code);
      for (const request of members) {
        if (error.state === 'lost') request.held = false;
        else if (kind === 'run') request.stepsDone += error.steps;
        else expect(kind).toBe('finish');
      }
    };
    void make(controller.signal)
      .then(
        (value) => {
          end();
          book(value, call);
        },
        (error: unknown) => {
          end();
          bookFailure(error);
        },
      )
      .catch((problem: unknown) => problems.push(problem));
  };

  const idle = (): Request[] => [...requests.values()].filter(({ held, call }) => held && call === undefined);
  const startStep = (variant: number): number => (variant % 5 === 0 ? 2 : 0);

  const prepare = ({ target, variant }: Action): void => {
    const id = `r${target % 6}`;
    const known = requests.get(id);
    const gpu = variant % 4;
    if (known?.held === true || known?.call !== undefined || lost.has(gpu)) return;
    const payload = { serial: serial++ };
    const shape = target % 2 === 0 ? small : big;
    const request: Request = { id, shape, payload, stepsDone: startStep(variant), held: false, call: undefined };
    requests.set(id, request);
    track(
      { kind: 'prepare', requests: [request], gpus: [gpu] },
      (signal) =>
        backend.prepare({
          requestId: id,
          shape,
          steps: stepsOfAll,
          startStep: request.stepsDone,
          payload,
          gpu,
          signal,
        }),
      () => (request.held = true),
    );
  };

  const run = ({ target, variant, steps: wanted }: Action, groupsToTry = groups): void => {
    const ready = idle().filter(({ stepsDone }) => stepsDone < stepsOfAll);
    const first = pick(ready, target);
    const busy = new Set([...calls].flatMap(({ kind, gpus }) => (kind === 'run' ? gpus : [])));
    const gpus = pick(
      groupsToTry.filter((group) => !group.some((gpu) => busy.has(gpu) || lost.has(gpu))),
      variant,
    );
    if (first === undefined || gpus === undefined) return;
    const mate =
      variant % 3 === 0 && (first.shape === small || gpus.length === 1)
        ? ready.find((other) => other !== first && other.shape === first.shape)
        : undefined;
    const members = mate === undefined ? [first] : [first, mate];
    const steps = Math.min(wanted, ...members.map(({ stepsDone }) => stepsOfAll - stepsDone));
    let told = 0;
    track(
      { kind: 'run', requests: members, gpus },
      (signal) =>
        backend.run({
          members: members.map(({ id, stepsDone }) => ({ requestId: id, fromStep: stepsDone })),
          steps,
          gpus,
          signal,
          onStep: (done) => expect(done).toBe(++told),
        }),
      (result, call) => {
        expect(result.steps).toBe(told);
        if (!call.cut) expect(result.steps).toBe(steps);
        expect(result.steps).toBeLessThanOrEqual(steps);
        for (const member of members) member.stepsDone += result.steps;
      },
    );
  };

  const finish = ({ target, variant }: Action): void => {
    const done = pick(
      idle().filter(({ stepsDone }) => stepsDone === stepsOfAll),
      target,
    );
    const gpu = variant % 4;
    if (done === undefined || lost.has(gpu)) return;
    track(
      { kind: 'finish', requests: [done], gpus: [gpu] },
      (signal) => backend.finish({ requestId: done.id, gpu, signal }),
      (artifact) => expect(artifact).toEqual({ shape: done.shape, steps: stepsOfAll, payload: done.payload }),
    );
  };

  const release = (request: Request | undefined): void => {
    if (request === undefined) return;
    if (request.call !== undefined) request.call.cut = true;
    // The id is free from now on; what becomes of the call is booked for the old state.
    requests.delete(request.id);
    releasing++;
    void backend.release(request.id).then(() => {
      releasing--;
      if (request.call !== undefined) problems.push(`${request.id} was released in a call`);
    });
  };

  const act = async (action: Action): Promise<void> => {
    const { kind, target, variant, steps } = action;
    const gpu = target % 4;
    const requestId = `r${target % 6}`;
    const state = variant % 2 === 0 ? 'intact' : 'lost';
    switch (kind) {
      case 'prepare':
        return prepare(action);
      case 'run':
        return run(action);
      case 'finish':
        return finish(action);
      case 'abort': {
        const call = pick([...calls], target);
        if (call !== undefined) call.cut = true;
        return call?.abort();
      }
      case 'release':
        return release(pick([...requests.values()], target));
      case 'renew': {
        // The id is used again at once, whatever is still going on for it.
        release(requests.get(requestId));
        return prepare(action);
      }
      case 'failNextChunk':
        failures++;
        return faults.failNextChunk({ afterSteps: steps, state, ...(variant % 3 === 0 && { requestId }) });
      case 'failNextPrepare':
        failures++;
        return faults.failNextPrepare(variant % 3 === 0 ? { requestId } : {});
      case 'failNextFinish':
        failures++;
        return faults.failNextFinish({ state });
      case 'loseGpu':
        return faults.loseGpu(gpu, { state });
      case 'restoreGpu':
        return faults.restoreGpu(gpu);
      case 'stallNextChunk':
        return faults.stallNextChunk();
      case 'stall':
        return faults.stall(gpu);
      case 'unstall':
        return faults.unstall(gpu);
      case 'slowGpu':
        return faults.slowGpu(gpu, pick([0.5, 1, 3], variant)!);
      case 'die':
        faults.die();
        expect(backend.held()).toBe(0);
        for (const request of requests.values()) request.held = false;
        await clock.advance(0);
        expect(calls.size).toBe(0);
        await open();
        return;
      default:
    }
  };

  await open();
  for (const action of script) {
    await act(action);
    if (action.afterMs === null) continue;
    await clock.advance(action.afterMs);
    if (releasing === 0) {
      const held = [...requests.values()].filter((request) => request.held || request.call?.kind === 'prepare');
      expect(backend.held()).toBe(held.length);
    }
  }

  // Everything works again, and whatever is there can be completed.
  for (const gpu of [0, 1, 2, 3]) {
    faults.restoreGpu(gpu);
    faults.unstall(gpu);
    faults.slowGpu(gpu, 1);
  }
  const settle = (): Promise<void> => clock.advance(10_000);
  await settle();
  expect([calls.size, releasing, clock.pending]).toEqual([0, 0, 0]);
  for (let round = 0; idle().some(({ stepsDone }) => stepsDone < stepsOfAll); round++) {
    // Poison and failures that still wait: a request that does not get on is given up.
    for (const request of round < 100 ? idle() : [])
      run({ ...idleAction, target: idle().indexOf(request), variant: round });
    if (round >= 100) for (const request of idle().filter(({ stepsDone }) => stepsDone < stepsOfAll)) release(request);
    faults.unstall(0); // of what `stallNextChunk` left
    for (const gpu of [1, 2, 3]) faults.unstall(gpu);
    await settle();
  }
  for (const request of idle()) finish({ ...idleAction, target: idle().indexOf(request) });
  await settle();
  for (const request of requests.values()) release(request);
  await settle();
  expect([backend.held(), clock.pending, releasing, calls.size]).toEqual([0, 0, 0, 0]);
  expectNoOverlaps(records);
  await backend.close();
  expect(problems).toEqual([]);
}

const idleAction: Action = { kind: 'nothing', target: 0, variant: 1, steps: stepsOfAll, afterMs: 0 };

/** A GPU does one thing at a time, in order of end. */
function expectNoOverlaps(records: readonly SimulatedChunkRecord[]): void {
  const freeMs = new Map<number, number>();
  let lastEndMs = 0;
  for (const { gpus, startMs, endMs } of records) {
    expect(endMs).toBeGreaterThanOrEqual(lastEndMs);
    lastEndMs = endMs;
    for (const gpu of gpus) {
      expect(startMs).toBeGreaterThanOrEqual(freeMs.get(gpu) ?? 0);
      freeMs.set(gpu, endMs);
    }
  }
}

it('whatever is called and whatever goes wrong, the books of the caller are right', async () => {
  await fc.assert(fc.asyncProperty(actions, play));
});
