/**
 * A backend of your own, whole. Its "GPUs" are lanes that do nothing but share the work; what they compute is real: a toy
 * denoiser on a `Float64Array`. `docs/writing-a-backend.md` explains it, and `backendConformance()` holds it to the contract.
 */
import { fileURLToPath } from 'node:url';
import { createCluster, parseProfile } from '@tetri/scheduler';
import { BackendError, type Backend, type BackendErrorCode, type BackendErrorDetails } from '@tetri/scheduler/backends';
import { createScheduler } from '@tetri/scheduler/scheduler';

/** What is to be generated. A brightness that is not finite makes the steps fail. */
export interface Prompt {
  readonly seed: number;
  readonly brightness: number;
}

/** A call in progress: how to stop it, and when it has ended. */
interface Call {
  readonly stop: AbortController;
  readonly ended: Promise<unknown>;
}

/** All that is kept of a request from `prepare` to `release`. */
interface State {
  readonly shape: string;
  readonly steps: number;
  readonly prompt: Prompt;
  stepsDone: number;
  latent: Float64Array;
  call?: Call | undefined;
}

export interface LaneBackend {
  readonly backend: Backend<Prompt, Float64Array>;
  /** Of how many requests it keeps state: for tests, which look for leaks. */
  held(): number;
}

const maxBatchSize = 4;

/** A backend with so many lanes. */
export function createLaneBackend(laneCount: number): LaneBackend {
  const cluster = createCluster(laneCount);
  const states = new Map<string, State>();
  const calls = new Set<Call>();
  /** The chunk that each lane is in. */
  const chunks = new Map<number, Call>();
  let life: 'fresh' | 'open' | 'closed' = 'fresh';

  function check(gpus: readonly number[]): void {
    if (life === 'fresh') refuse('backend-not-open', 'open() comes first');
    if (life === 'closed') refuse('backend-closed', 'it is closed');
    const isKnown = gpus.every((gpu) => cluster.gpus.some(({ id }) => id === gpu));
    if (!isKnown || new Set(gpus).size < gpus.length)
      refuse('unsupported', `there is no group of lanes ${gpus.join()}`);
  }

  /** The state of a request that is in no other call. */
  function idle(requestId: string): State {
    const state = states.get(requestId) ?? refuse('not-prepared', `${requestId} is not prepared`);
    return state.call === undefined ? state : refuse('request-busy', `${requestId} is in another call`);
  }

  /** Marks requests and lanes as used for as long as `work` goes on. It is to look at the signal wherever it can stop. */
  async function occupy<T>(
    used: { readonly states: readonly State[]; readonly chunk?: readonly number[]; readonly signal: AbortSignal },
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    if (used.chunk?.some((gpu) => chunks.has(gpu))) refuse('gpu-busy', `a lane of ${used.chunk.join()} is in a chunk`);
    const stop = new AbortController();
    const result = work(AbortSignal.any([used.signal, stop.signal]));
    const call: Call = { stop, ended: result.catch(() => undefined) };
    calls.add(call);
    for (const state of used.states) state.call = call;
    for (const gpu of used.chunk ?? []) chunks.set(gpu, call);
    try {
      return await result;
    } finally {
      calls.delete(call);
      for (const state of used.states) state.call = undefined;
      for (const gpu of used.chunk ?? []) chunks.delete(gpu);
    }
  }

  /** Till no chunk uses the lane, or the call is stopped. */
  async function takeTurn(gpu: number, signal: AbortSignal): Promise<void> {
    for (let chunk = chunks.get(gpu); chunk !== undefined && !signal.aborted; chunk = chunks.get(gpu)) {
      await Promise.race([chunk.ended, aborted(signal)]);
    }
    if (signal.aborted) refuse(life === 'closed' ? 'backend-closed' : 'aborted', 'it was stopped');
  }

  const backend: Backend<Prompt, Float64Array> = {
    specificationVersion: 'v1',
    name: `${laneCount} lanes`,
    capabilities: {
      maxBatchSize,
      reportsSteps: true,
      abortsChunks: true,
      keepsStateOnFailure: true,
      losesGpus: false,
      reopens: false,
    },

    open() {
      life = 'open';
      return Promise.resolve({ cluster });
    },

    async prepare({ requestId, shape, steps, startStep, payload, gpu, signal }) {
      check([gpu]);
      const size = /^(\d+)x(\d+)$/.exec(shape) ?? refuse('unsupported', `${shape} is no shape of an image`);
      if (states.has(requestId)) refuse('already-prepared', `${requestId} has a state`);
      const state: State = { shape, steps, prompt: payload, stepsDone: startStep, latent: new Float64Array() };
      states.set(requestId, state);
      await occupy({ states: [state], signal }, async (stop) => {
        await takeTurn(gpu, stop);
        state.latent = noise(payload.seed, (Number(size[1]) * Number(size[2])) / 256);
      });
    },

    async run({ members, steps, gpus, onStep, signal }) {
      check(gpus);
      const batch = members.map(({ requestId }) => idle(requestId));
      if (batch.length > maxBatchSize) refuse('unsupported', `a batch of ${batch.length}`);
      if (batch.some(({ shape }) => shape !== batch[0]?.shape)) refuse('unsupported', 'a batch of unequal shapes');
      const isAt = ({ stepsDone, steps: all }: State, fromStep = -1): boolean =>
        stepsDone === fromStep && stepsDone + steps <= all;
      if (!batch.every((state, index) => isAt(state, members[index]?.fromStep))) {
        refuse('wrong-step', 'a member is at another step, or has fewer left');
      }
      return occupy({ states: batch, chunk: gpus, signal }, async (stop) => {
        let done = 0;
        while (done < steps && !stop.aborted) {
          const next = await Promise.all(batch.map((state) => denoise(state, gpus.length)));
          const broken = members.filter((_, index) => !next[index]?.every(Number.isFinite));
          if (broken.length > 0) {
            const requestIds = broken.map(({ requestId }) => requestId);
            refuse('chunk-failed', 'the latent diverged', { state: 'intact', steps: done, requestIds });
          }
          // All members take the step, or none does.
          for (const [index, state] of batch.entries()) {
            state.latent = next[index] ?? state.latent;
            state.stepsDone++;
          }
          done++;
          onStep?.(done);
        }
        return { steps: done };
      });
    },

    async finish({ requestId, gpu, signal }) {
      check([gpu]);
      const state = idle(requestId);
      if (state.stepsDone < state.steps) refuse('wrong-step', 'there are steps left');
      return occupy({ states: [state], signal }, async (stop) => {
        await takeTurn(gpu, stop);
        return state.latent.map((value) => value * state.prompt.brightness);
      });
    },

    async release(requestId) {
      const call = states.get(requestId)?.call;
      // First of all: from now on the id may be prepared anew. What still runs writes to a state that nobody finds any more.
      states.delete(requestId);
      call?.stop.abort();
      await call?.ended;
    },

    async close() {
      life = 'closed';
      for (const { stop } of calls) stop.abort();
      await Promise.all([...calls].map(({ ended }) => ended));
      states.clear();
    },
  };
  return { backend, held: () => states.size };
}

/** One step: each lane computes its part of the next latent from the whole of this one, side by side. */
async function denoise({ latent, prompt }: State, degree: number): Promise<Float64Array> {
  const next = new Float64Array(latent.length);
  const startOf = (rank: number): number => Math.round((rank * latent.length) / degree);
  const lane = async (rank: number): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    for (let at = startOf(rank); at < startOf(rank + 1); at++) {
      const [left = 0, here = 0, right = 0] = [latent.at(at - 1), latent[at], latent[(at + 1) % latent.length]];
      const target = prompt.brightness * Math.sin(at * (prompt.seed + 1));
      next[at] = 0.5 * here + 0.2 * (left + right) + 0.1 * target;
    }
  };
  await Promise.all(Array.from({ length: degree }, (_, rank) => lane(rank)));
  return next;
}

/** The initial latent: it depends on the seed, and on nothing else. */
function noise(seed: number, length: number): Float64Array {
  return Float64Array.from({ length }, (_, at) => Math.sin((at + 1) * 12.9898 + seed * 78.233));
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function refuse(code: BackendErrorCode, message: string, details?: BackendErrorDetails): never {
  throw new BackendError(code, message, details);
}

/** What a step takes on these lanes, in ms: it would be measured. */
const profile = parseProfile({
  schemaVersion: 1,
  model: 'lanes',
  accelerator: 'event loop',
  source: { kind: 'estimated' },
  degrees: [1, 2, 4],
  shapes: [
    { id: '256x256', width: 256, height: 256, frames: 1, stepMs: { 1: 2, 2: 2, 4: 2 }, batchStepMs: { 2: { 1: 3 } } },
    { id: '512x512', width: 512, height: 512, frames: 1, stepMs: { 1: 6, 2: 4, 4: 3 } },
  ],
});

/** Serves a few requests on it. */
async function main(): Promise<void> {
  const lanes = createLaneBackend(4);
  const scheduler = await createScheduler({ backend: lanes.backend, profile });
  const handles = ['256x256', '512x512', '256x256'].map((shape, seed) =>
    scheduler.submit(
      { id: `picture-${seed}`, shape, steps: 8, deadlineMs: scheduler.nowMs() + 500 },
      { payload: { seed, brightness: 1 } },
    ),
  );
  for (const { id, result } of handles) {
    const pixels = await result;
    console.log(`${id}: ${pixels.length} pixels, the first is ${pixels[0]?.toFixed(6)}`);
  }
  await scheduler.close();
  console.log(`states left: ${lanes.held()}`);
}

// Not where it is imported by a test.
if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
