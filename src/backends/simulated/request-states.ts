import type { ShapeTimes } from '../../profile/index.js';

/** What the backend keeps of a request, from `prepare` to `release`. One that is in no call is prepared. */
export interface RequestState {
  readonly requestId: string;
  /** Unique also where an id is used again while the state before is still in a call. */
  readonly key: string;
  readonly shape: string;
  readonly times: ShapeTimes;
  /** Denoising steps of the whole request. */
  readonly steps: number;
  readonly payload: unknown;
  /** Steps done, skipped ones included. */
  stepsDone: number;
  /** When the last of it ended that has a record, in ms; `Infinity` before that. */
  lastEndMs: number;
  /** The call that it is in. */
  call: Abandonable | undefined;
  /** Its id is free; it is dropped with the end of its call. */
  released: boolean;
}

/** A call in progress, to a request that is in it. */
export interface Abandonable {
  /** Aborts the call; resolves when it has ended, also if that is by an error. */
  abandon(): Promise<void>;
}

/** The states of all requests. */
export interface RequestStates {
  /** States that are kept, released ones that are still in a call included. */
  readonly size: number;
  /** The one that an id means. */
  find(requestId: string): RequestState | undefined;
  /** The shape that belongs to a key. */
  shapeOf(key: string): string;
  add(fields: Pick<RequestState, 'requestId' | 'shape' | 'times' | 'steps' | 'payload' | 'stepsDone'>): RequestState;
  drop(state: RequestState): void;
  dropAll(): void;
  /** Frees an id, and resolves when no state of it is kept, whoever released it. */
  release(requestId: string): Promise<void>;
}

/** @param forget - told of every key that is dropped */
export function createRequestStates(forget: (key: string) => void): RequestStates {
  const byKey = new Map<string, RequestState>();
  const byId = new Map<string, RequestState>();
  let serial = 0;

  const free = (state: RequestState): void => {
    state.released = true;
    if (byId.get(state.requestId) === state) byId.delete(state.requestId);
  };
  const drop = (state: RequestState): void => {
    free(state);
    byKey.delete(state.key);
    forget(state.key);
  };

  return {
    get size() {
      return byKey.size;
    },
    find: (requestId) => byId.get(requestId),
    shapeOf: (key) => (byKey.get(key) as RequestState).shape,
    add(fields) {
      const key = String(serial++);
      const state: RequestState = { ...fields, key, lastEndMs: Infinity, call: undefined, released: false };
      byKey.set(key, state);
      byId.set(state.requestId, state);
      return state;
    },
    drop,
    dropAll() {
      for (const state of byKey.values()) drop(state);
    },
    async release(requestId) {
      const states = [...byKey.values()].filter((state) => state.requestId === requestId);
      for (const state of states) {
        if (state.call === undefined) drop(state);
        else free(state);
      }
      await Promise.all(states.flatMap(({ call }) => (call === undefined ? [] : [call.abandon()])));
    },
  };
}
