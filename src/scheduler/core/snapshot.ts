import { finite, list, record, schemaVersion, whole } from '../../model/check.js';
import { parseRequest, type Assignment } from '../../model/index.js';
import type { CoreState, TrackedChunk, TrackedGpu, TrackedRequest } from './state.js';

/** A scheduler core as plain JSON data. */
export interface SchedulerSnapshot {
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
  readonly pending: readonly Assignment[];
  readonly roundEndMs: number | null;
  readonly roundMs: number;
  readonly nextChunkId: number;
}

/** The state as data that shares nothing with it. */
export function toSnapshot(state: CoreState): SchedulerSnapshot {
  const plain: PlainState = {
    ...state,
    nowMs: Number.isFinite(state.nowMs) ? state.nowMs : null,
    requests: [...state.requests.values()],
    gpus: [...state.gpus.values()],
    chunks: [...state.chunks.values()],
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
  for (const field of ['requests', 'gpus', 'chunks', 'pending'] as const) {
    list(plain[field], `snapshot.state.${field}`).forEach((entry, index) =>
      record(entry, `snapshot.state.${field}[${index}]`),
    );
  }
  plain.requests.forEach(({ request }, index) => parseRequest(request, `snapshot.state.requests[${index}].request`));
  if (plain.roundEndMs !== null) finite(plain.roundEndMs, 'snapshot.state.roundEndMs');
  finite(plain.roundMs, 'snapshot.state.roundMs');
  return {
    ...plain,
    nowMs: plain.nowMs === null ? -Infinity : finite(plain.nowMs, 'snapshot.state.nowMs'),
    requests: new Map(plain.requests.map((tracked) => [tracked.request.id, tracked])),
    gpus: new Map(plain.gpus.map((gpu) => [gpu.id, gpu])),
    chunks: new Map(plain.chunks.map((chunk) => [chunk.chunkId, chunk])),
    nextChunkId: whole(plain.nextChunkId, 'snapshot.state.nextChunkId', 1),
  };
}

function copyOf<T>(data: T): T {
  return JSON.parse(JSON.stringify(data)) as T;
}
