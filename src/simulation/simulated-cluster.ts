import type { ChunkTimeline, ExecutionModel } from '../backends/simulated/index.js';
import type { SchedulerCommand, SchedulerEvent } from '../scheduler/index.js';
import type { ChunkRecord } from './run-log.js';

type RunCommand = SchedulerCommand & { type: 'run' };

/** GPUs on virtual time: they carry out commands, report events when their time has come, and keep the run log. */
export interface SimulatedCluster {
  /** Every chunk that was executed so far, in order of end. */
  readonly log: readonly ChunkRecord[];
  run(command: RunCommand, atMs: number): void;
  /** Ends a chunk at its next step boundary. */
  abort(chunkId: number, atMs: number): void;
  finish(requestId: string, gpu: number, atMs: number): void;
  /** Forgets a request. */
  release(requestId: string): void;
  /** Ends everything that runs on a GPU, as failed. */
  lose(gpu: number, atMs: number, state: 'intact' | 'lost'): void;
  /** Whether nothing is being executed. */
  isIdle(): boolean;
}

interface RunningChunk {
  readonly command: RunCommand;
  readonly timeline: ChunkTimeline;
  /** When and how it will end; replaced when it is cut short. */
  end: { readonly atMs: number; readonly steps: number };
  /** Its process has been told to stop. */
  aborted: boolean;
}

interface Decoding {
  readonly requestId: string;
  readonly gpu: number;
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * @param model - how long things take
 * @param schedule - calls back at a virtual time for the event that happens then; `undefined` if it was overtaken
 */
export function createSimulatedCluster(
  model: ExecutionModel,
  schedule: (atMs: number, event: () => SchedulerEvent | undefined) => void,
): SimulatedCluster {
  const log: ChunkRecord[] = [];
  const chunks = new Map<number, RunningChunk>();
  const decodings = new Map<string, Decoding>();
  const lastEndMs = new Map<string, number>();

  const endAt = (chunk: RunningChunk, atMs: number, steps: number): void => {
    const end = { atMs, steps };
    const { chunkId } = chunk.command;
    chunk.end = end;
    schedule(atMs, () => {
      if (chunks.get(chunkId)?.end !== end) return undefined;
      chunks.delete(chunkId);
      record(chunk, atMs, steps, chunk.aborted ? 'cancelled' : undefined);
      const durationMs = steps * chunk.timeline.stepMs;
      return { type: 'chunk-done', atMs, chunkId, steps, durationMs };
    });
  };

  const record = (chunk: RunningChunk, endMs: number, steps: number, cut: ChunkRecord['cut']): void => {
    const { gpus, degree, requestIds, fromSteps } = chunk.command;
    const { encodings, encodedMs } = chunk.timeline;
    for (const encoding of encodings) {
      if (encoding.endMs === encoding.startMs || encoding.endMs > endMs) continue;
      log.push({
        requestIds: [encoding.requestId],
        gpus,
        degree,
        startMs: encoding.startMs,
        endMs: encoding.endMs,
        steps: 0,
        stage: 'encode',
      });
    }
    if (cut === 'gpu-lost' && endMs <= encodedMs) {
      const startMs = Math.max(
        chunk.timeline.startMs,
        ...encodings.map((each) => (each.endMs > endMs ? each.startMs : each.endMs)).filter((ms) => ms <= endMs),
      );
      log.push({ requestIds, gpus, degree, startMs, endMs, steps: 0, stage: 'encode', cut });
    }
    if (endMs <= encodedMs) return;
    for (const id of requestIds) lastEndMs.set(id, endMs);
    const whole = { requestIds, gpus, degree, startMs: encodedMs, endMs, steps, fromSteps };
    log.push(cut === undefined ? whole : { ...whole, cut });
  };

  const stepsBy = (chunk: RunningChunk, atMs: number): number => {
    const { firstStepMs, stepMs } = chunk.timeline;
    return Math.max(0, Math.min(chunk.command.steps, Math.floor((atMs - firstStepMs) / stepMs + 1e-9)));
  };

  return {
    log,
    run(command, atMs) {
      const timeline = model.run(command, atMs);
      const end = { atMs: timeline.endMs, steps: command.steps };
      const chunk: RunningChunk = { command, timeline, end, aborted: false };
      chunks.set(command.chunkId, chunk);
      endAt(chunk, timeline.endMs, command.steps);
    },
    abort(chunkId, atMs) {
      const chunk = chunks.get(chunkId);
      if (chunk === undefined || chunk.aborted) return;
      const { encodedMs, firstStepMs, stepMs } = chunk.timeline;
      const whole = stepsBy(chunk, atMs);
      const isBoundary = Math.abs(firstStepMs + whole * stepMs - atMs) <= 1e-6;
      const steps = atMs <= firstStepMs || isBoundary ? whole : whole + 1;
      if (steps >= chunk.command.steps) return;
      chunk.aborted = true;
      const endMs = steps === 0 ? Math.max(atMs, Math.min(encodedMs, firstStepMs)) : firstStepMs + steps * stepMs;
      endAt(chunk, Math.max(atMs, endMs), steps);
    },
    finish(requestId, gpu, atMs) {
      const decoding = { requestId, gpu, ...model.decode(requestId, gpu, atMs) };
      const { startMs, endMs } = decoding;
      decodings.set(requestId, decoding);
      schedule(endMs, () => {
        if (decodings.get(requestId) !== decoding) return undefined;
        decodings.delete(requestId);
        // Decoding that takes no time is worth a line only if it had to wait for a GPU.
        if (endMs > (lastEndMs.get(requestId) ?? startMs)) {
          log.push({ requestIds: [requestId], gpus: [gpu], degree: 1, startMs, endMs, steps: 0, stage: 'decode' });
        }
        return { type: 'finished', atMs: endMs, requestId };
      });
    },
    release(requestId) {
      model.release(requestId);
      lastEndMs.delete(requestId);
    },
    lose(gpu, atMs, state) {
      model.lose(gpu);
      for (const [chunkId, chunk] of chunks) {
        if (!chunk.command.gpus.includes(gpu)) continue;
        chunks.delete(chunkId);
        const steps = state === 'intact' ? stepsBy(chunk, atMs) : 0;
        record(chunk, atMs, steps, 'gpu-lost');
        const detail = `GPU ${gpu} was lost`;
        schedule(atMs, () => ({ type: 'chunk-failed', atMs, chunkId, steps, state, cause: 'gpu-lost', detail }));
      }
      for (const [requestId, decoding] of decodings) {
        if (decoding.gpu !== gpu) continue;
        decodings.delete(requestId);
        const startMs = Math.min(decoding.startMs, atMs);
        log.push({
          requestIds: [requestId],
          gpus: [gpu],
          degree: 1,
          startMs,
          endMs: atMs,
          steps: 0,
          stage: 'decode',
          cut: 'gpu-lost',
        });
        const detail = `GPU ${gpu} was lost`;
        schedule(atMs, () => ({ type: 'finish-failed', atMs, requestId, state, cause: 'gpu-lost', detail }));
      }
    },
    isIdle: () => chunks.size === 0 && decodings.size === 0,
  };
}
