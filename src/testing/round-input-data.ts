import { parseProfile, type MsByDegree, type StepProfile, type StepProfileShape } from '../profile/index.js';
import type { GpuState, RequestState, RoundInput } from '../rounds/index.js';
import type { RandomSource } from '../simulation/random.js';
import { drawOrder } from './draws.js';

/** A round input as plain data: the profile is still the table that it is parsed from, so that all of it can be changed. */
export interface RoundInputData {
  readonly nowMs: number;
  readonly requests: readonly RequestState[];
  readonly gpus: readonly GpuState[];
  readonly profile: StepProfile;
}

/** The round input that the data describes. Nothing in it is shared with another one. */
export function toRoundInput(data: RoundInputData): RoundInput {
  const { profile, ...rest } = structured(data);
  return { ...rest, profile: parseProfile(profile) };
}

/** The same data, `byMs` later. */
export function shiftData(data: RoundInputData, byMs: number): RoundInputData {
  return mapTimes(
    data,
    (atMs) => atMs + byMs,
    (ms) => ms,
  );
}

/** The same data on a clock that counts `factor` times as many milliseconds. */
export function scaleData(data: RoundInputData, factor: number): RoundInputData {
  return mapTimes(
    data,
    (atMs) => atMs * factor,
    (ms) => ms * factor,
  );
}

/** The same data, with every list that stands for a set in another order. */
export function reorderData(data: RoundInputData, random: RandomSource): RoundInputData {
  const requests = data.requests.map((request) => ({
    ...request,
    ...(request.lastGpus && { lastGpus: drawOrder(random, request.lastGpus) }),
    ...(request.running && { running: { ...request.running, gpus: drawOrder(random, request.running.gpus) } }),
  }));
  const { profile } = data;
  return {
    nowMs: data.nowMs,
    requests: drawOrder(random, requests),
    gpus: drawOrder(random, data.gpus),
    profile: { ...profile, shapes: drawOrder(random, profile.shapes) },
  };
}

function mapTimes(data: RoundInputData, at: (atMs: number) => number, span: (ms: number) => number): RoundInputData {
  const byDegree = (ms: MsByDegree): MsByDegree =>
    Object.fromEntries(Object.entries(ms).map(([degree, each]) => [degree, span(each)]));
  return {
    nowMs: at(data.nowMs),
    requests: data.requests.map((request) => ({
      ...request,
      arrivalMs: at(request.arrivalMs),
      deadlineMs: at(request.deadlineMs),
      ...(request.running && {
        running: { ...request.running, startMs: at(request.running.startMs), endMs: at(request.running.endMs) },
      }),
    })),
    gpus: data.gpus.map((gpu) => ({
      ...gpu,
      ...(gpu.busyUntilMs !== undefined && { busyUntilMs: at(gpu.busyUntilMs) }),
    })),
    profile: {
      ...data.profile,
      shapes: data.profile.shapes.map(({ stepMs, batchStepMs, encodeMs, decodeMs, ...shape }): StepProfileShape => ({
        ...shape,
        stepMs: byDegree(stepMs),
        ...(batchStepMs && {
          batchStepMs: Object.fromEntries(Object.entries(batchStepMs).map(([size, ms]) => [size, byDegree(ms)])),
        }),
        ...(encodeMs !== undefined && { encodeMs: span(encodeMs) }),
        ...(decodeMs !== undefined && { decodeMs: span(decodeMs) }),
      })),
    },
  };
}

/** A deep copy of plain data. */
function structured<T>(data: T): T {
  return JSON.parse(JSON.stringify(data)) as T;
}
