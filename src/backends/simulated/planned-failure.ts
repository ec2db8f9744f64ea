import type { SimulatedState } from './simulated-state.js';
import type { ChunkFailure } from './waiting-faults.js';

/** How a call that was accepted is going to fail by an error. */
export interface PlannedFailure {
  /** Steps that it completes before. */
  readonly afterSteps: number;
  /** What is left of its requests. */
  readonly state: 'intact' | 'lost';
  /** Whose fault it is; default: not told. */
  readonly requestIds?: readonly string[];
}

/** How a chunk fails that was told to. */
export function planFailure(failure: ChunkFailure, members: readonly SimulatedState[]): PlannedFailure {
  const { requestId = members[0]?.requestId, afterSteps = 0, state = 'intact', blame = false } = failure;
  return { afterSteps, state, ...(blame && requestId !== undefined && { requestIds: [requestId] }) };
}

/** How a chunk fails by the payloads of its members; `undefined` if they are harmless. */
export function planPoisoning(
  members: readonly SimulatedState[],
  isPoisonous: (payload: unknown) => boolean,
  blames: boolean,
): PlannedFailure | undefined {
  const requestIds = members.filter(({ payload }) => isPoisonous(payload)).map(({ requestId }) => requestId);
  return requestIds.length === 0 ? undefined : { afterSteps: 0, state: 'intact', ...(blames && { requestIds }) };
}
