import {
  BackendError,
  type Backend,
  type BackendCapabilities,
  type BackendErrorCode,
  type RunCall,
} from '../../../src/backends/index.js';
import { createFaultyBackend, type Fault, type FaultyHarness, type Payload } from '../faulty-backend/index.js';

type Good = Backend<Payload, string>;

type Break = (good: Good, kit: Kit) => Partial<Good>;

/** A way to break the contract that one case, at least, has to notice. */
export interface Defect {
  /** What the failing case says. */
  readonly says: RegExp;
  /** What is wrong inside of the backend. */
  readonly fault?: Fault;
  /** What is wrong at its surface: members that take the place of those of the good one. */
  readonly breaks?: Break;
  /** What is wrong with the harness. */
  readonly misplaces?: (good: FaultyHarness) => Partial<FaultyHarness>;
  /** Capabilities that it has, and declares. Default: all. */
  readonly capabilities?: Partial<BackendCapabilities>;
}

/** Cases, and what each of them notices. */
export type Defects = Readonly<Record<string, Defect>>;

interface Kit {
  /** Holds the state of a request for ever. */
  leak(requestId: string): void;
}

/** A backend with this defect. */
export function createDefective({ fault, breaks, misplaces, capabilities = {} }: Defect): FaultyHarness {
  const good = createFaultyBackend({ capabilities, fault });
  const leaked = new Set<string>();
  const kit: Kit = { leak: (requestId) => void leaked.add(requestId) };
  return {
    ...good,
    backend: { ...good.backend, ...breaks?.(good.backend, kit) },
    held: async () => (await good.held()) + leaked.size,
    ...misplaces?.(good),
  };
}

type Method = 'prepare' | 'run' | 'finish';

/** Where the good one rejects a call with `code`, this one resolves, or rejects with another code. */
export function unlike(method: Method, code: BackendErrorCode, instead?: BackendErrorCode): Break {
  return (good) => ({
    [method]: async (call: never) => {
      try {
        return await good[method](call);
      } catch (error) {
        if (!BackendError.isInstance(error) || error.code !== code) throw error;
        if (instead !== undefined) throw new BackendError(instead, 'not what it should be');
        const { steps = 0, onStep } = call as Partial<RunCall>;
        for (let step = 1; step <= steps; step++) onStep?.(step);
        return { steps };
      }
    },
  });
}

/** Does something when a call is rejected, in vain or not. */
export function onReject(
  method: Method,
  code: BackendErrorCode,
  act: (requestId: string, kit: Kit, error: BackendError) => void | Promise<void>,
): Break {
  return (good, kit) => ({
    [method]: async (call: never) => {
      try {
        return await good[method](call);
      } catch (error) {
        const { requestId, members } = call as { requestId?: string; members?: { requestId: string }[] };
        if (BackendError.isInstance(error) && error.code === code) {
          await act(requestId ?? members![0]!.requestId, kit, error);
        }
        throw error;
      }
    },
  });
}

/** Keeps GPUs busy after chunks that ended in one way. */
export function staysBusy(after: (result: 'aborted' | BackendErrorCode) => boolean): Break {
  return (good) => {
    const busy = new Set<number>();
    return {
      async run(call) {
        if (call.gpus.some((gpu) => busy.has(gpu))) throw new BackendError('gpu-busy', 'is not free yet');
        try {
          const result = await good.run(call);
          if (result.steps < call.steps && after('aborted')) for (const gpu of call.gpus) busy.add(gpu);
          return result;
        } catch (error) {
          if (after((error as BackendError).code)) for (const gpu of call.gpus) busy.add(gpu);
          throw error;
        }
      },
    };
  };
}

/** A signal that is never aborted. */
export const never: AbortSignal = new AbortController().signal;

/** A promise that never settles. */
export function forever(): Promise<never> {
  return new Promise(() => undefined);
}
