/** What every backend keeps of a request, from `prepare` to `release`. One that is in no call is prepared. */
export interface KeptState {
  readonly requestId: string;
  /** Unique also where an id is used again while the state before is still in a call. */
  readonly key: string;
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

/** The states of all requests; each has fields of its backend's own. */
export interface RequestStates<State extends KeptState> {
  /** States that are kept, released ones that are still in a call included. */
  readonly size: number;
  /** All of them. */
  all(): IterableIterator<State>;
  /** The one that an id means. */
  find(requestId: string): State | undefined;
  /** The one that a key means. */
  get(key: string): State | undefined;
  add(fields: Omit<State, Exclude<keyof KeptState, 'requestId'>>): State;
  drop(state: State): void;
  dropAll(): void;
  /** Frees an id, and resolves when no state of it is kept, whoever released it. */
  release(requestId: string): Promise<void>;
}

/**
 * @param forget - told of every key that is dropped
 * @param prefix - of every key, to set them apart from those of others
 */
export function createRequestStates<State extends KeptState>(
  forget: (key: string) => void,
  prefix = '',
): RequestStates<State> {
  const byKey = new Map<string, State>();
  const byId = new Map<string, State>();
  let serial = 0;

  const free = (state: State): void => {
    state.released = true;
    if (byId.get(state.requestId) === state) byId.delete(state.requestId);
  };
  const drop = (state: State): void => {
    free(state);
    if (byKey.delete(state.key)) forget(state.key);
  };

  return {
    get size() {
      return byKey.size;
    },
    all: () => byKey.values(),
    find: (requestId) => byId.get(requestId),
    get: (key) => byKey.get(key),
    add(fields) {
      const kept: Omit<KeptState, 'requestId'> = { key: `${prefix}${serial++}`, call: undefined, released: false };
      const state = { ...fields, ...kept } as unknown as State;
      byKey.set(state.key, state);
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
