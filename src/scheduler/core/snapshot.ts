import { finite, list, record, schemaVersion, whole } from '../../model/check.js';
import { parseRequest, type Assignment } from '../../model/index.js';
import type { StepCorrection } from '../../profile/index.js';
import { oneOf } from './admission-options.js';
import type { Abandoned, CoreState, TrackedChunk, TrackedGpu, TrackedRequest } from './state.js';

/** A scheduler core as plain JSON data. */
export interface SchedulerSnapshot {
  /** Always 1. */
  readonly schemaVersion: 1;
  /** What the core remembers; not meant to be read, and free to change with the version. */
  readonly state: unknown;
}

/** The state with lists in place of maps, and `null` for a time before all events. */
interface PlainState {
  readonly nowMs: number | null;
  readonly requests: readonly TrackedRequest[];
  readonly gpus: readonly TrackedGpu[];
  readonly chunks: readonly TrackedChunk[];
  readonly abandoned: readonly Abandoned[];
  readonly pending: readonly Assignment[];
  readonly roundEndMs: number | null;
  readonly roundMs: number;
  readonly nextChunkId: number;
  readonly refusing: CoreState['refusing'];
  readonly nextChanceMs: number | null;
  readonly corrections: readonly StepCorrection[];
  readonly wakeMs: number | null;
}

/** The state as data that shares nothing with it. */
export function toSnapshot(state: CoreState): SchedulerSnapshot {
  const plain: PlainState = {
    ...state,
    nowMs: Number.isFinite(state.nowMs) ? state.nowMs : null,
    nextChanceMs: Number.isFinite(state.nextChanceMs) ? state.nextChanceMs : null,
    requests: [...state.requests.values()],
    gpus: [...state.gpus.values()],
    chunks: [...state.chunks.values()],
    corrections: [...state.corrections.values()].flatMap((byDegree) => [...byDegree.values()]),
  };
  return { schemaVersion: 1, state: copyOf(plain) };
}

/**
 * The state of a snapshot.
 *
 * @throws `TetriError` if its version or its outline is not that of a snapshot
 */
export function fromSnapshot(snapshot: SchedulerSnapshot): CoreState {
  record(snapshot, 'snapshot');
  schemaVersion(snapshot.schemaVersion, 'snapshot.schemaVersion');
  const plain = copyOf(record(snapshot.state, 'snapshot.state')) as unknown as PlainState;
  for (const field of ['requests', 'gpus', 'chunks', 'abandoned', 'pending', 'corrections'] as const) {
    list(plain[field], `snapshot.state.${field}`).forEach((entry, index) =>
      record(entry, `snapshot.state.${field}[${index}]`),
    );
  }
  plain.requests.forEach(({ request }, index) => parseRequest(request, `snapshot.state.requests[${index}].request`));
  if (plain.roundEndMs !== null) finite(plain.roundEndMs, 'snapshot.state.roundEndMs');
  if (plain.wakeMs !== null) finite(plain.wakeMs, 'snapshot.state.wakeMs');
  if (plain.refusing !== null) oneOf(plain.refusing, ['draining', 'backend-lost'], 'snapshot.state.refusing');
  finite(plain.roundMs, 'snapshot.state.roundMs');
  const corrections = new Map<string, Map<number, StepCorrection>>();
  for (const correction of plain.corrections) {
    const byDegree = corrections.get(correction.shape) ?? new Map<number, StepCorrection>();
    corrections.set(correction.shape, byDegree.set(correction.degree, correction));
  }
  return {
    ...plain,
    nowMs: plain.nowMs === null ? -Infinity : finite(plain.nowMs, 'snapshot.state.nowMs'),
    nextChanceMs: plain.nextChanceMs === null ? -Infinity : finite(plain.nextChanceMs, 'snapshot.state.nextChanceMs'),
    requests: new Map(plain.requests.map((tracked) => [tracked.request.id, tracked])),
    gpus: new Map(plain.gpus.map((gpu) => [gpu.id, gpu])),
    chunks: new Map(plain.chunks.map((chunk) => [chunk.chunkId, chunk])),
    nextChunkId: whole(plain.nextChunkId, 'snapshot.state.nextChunkId', 1),
    corrections,
  };
}

function copyOf<T>(data: T): T {
  return JSON.parse(JSON.stringify(data)) as T;
}
