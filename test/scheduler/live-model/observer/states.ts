/** What the client of a request asked for. */
export interface Asked {
  readonly shape: string;
  readonly steps: number;
  readonly startStep: number;
  readonly payload: unknown;
}

/** What the backend keeps of a request, as far as can be seen from outside. */
export interface State {
  readonly requestId: string;
  readonly asked: Asked;
  stepsDone: number;
  call: 'prepare' | 'run' | 'finish' | undefined;
  /** The last call that was answered, and when: in the same moment the scheduler may not have noticed. */
  answered: { readonly call: State['call']; readonly atMs: number } | undefined;
  /** Requests in its chunk, if it is in one. */
  peers: number;
  /** Prepared, and not run since: the chunk that it was prepared for may lose a GPU before its steps begin. */
  isFresh: boolean;
  isReleased: boolean;
}

/** The state of a request that is being prepared. */
export function freshState(requestId: string, asked: Asked): State {
  return {
    ...{ requestId, asked, stepsDone: asked.startStep, call: 'prepare', answered: undefined },
    ...{ peers: 1, isFresh: true, isReleased: false },
  };
}

/** Takes note that its call was answered. */
export function answer(state: State, atMs: number): void {
  state.answered = { call: state.call, atMs };
  state.call = undefined;
}
