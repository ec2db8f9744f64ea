import { expect } from 'vitest';
import { createCluster, type Assignment, type GenerationRequest, type RoundPlan } from '../../src/model/index.js';
import { fixedDegree, type Policy } from '../../src/policies/index.js';
import type { PlanningInput } from '../../src/rounds/index.js';
import {
  createSchedulerCore,
  type SchedulerCommand,
  type SchedulerCore,
  type SchedulerCoreOptions,
  type SchedulerEvent,
} from '../../src/scheduler/index.js';
import { profileOf, square } from '../simulation/worlds.js';

/**
 * `64x64`: 10 ms a step on one GPU, 6 on two, batches of two, no encoding, no decoding. `128x128`: 40, 22 and 12 ms, 5 ms
 * of encoding, 8 of decoding. `256x256`: on four GPUs only.
 */
export const profile = profileOf(
  square(64, { 1: 10, 2: 6 }, { batchStepMs: { 2: { 1: 12, 2: 7 } } }),
  square(128, { 1: 40, 2: 22, 4: 12 }, { encodeMs: 5, decodeMs: 8, batchStepMs: { 2: { 1: 50 } } }),
  square(256, { 4: 30 }, { decodeMs: 9 }),
);

/** Nothing happens by the passing of time alone. */
export const untimed = { starvationMs: Infinity, stallMs: Infinity } as const;

/** A core on some GPUs of one domain; `fixed-1` unless said otherwise. */
export function coreOn(gpuCount: number, options: Partial<SchedulerCoreOptions> = {}): SchedulerCore {
  return createSchedulerCore(createCluster(gpuCount), { profile, policy: fixedDegree(1), ...untimed, ...options });
}

/** A request of four steps with a second of time. */
export function requestOf(id: string, more: Partial<GenerationRequest> = {}): GenerationRequest {
  return { id, shape: '64x64', steps: 4, arrivalMs: 0, deadlineMs: 1000, ...more };
}

export function submit(id: string, atMs = 0, more: Partial<GenerationRequest> = {}): SchedulerEvent {
  return { type: 'submit', atMs, request: requestOf(id, { arrivalMs: atMs, deadlineMs: atMs + 1000, ...more }) };
}

export function done(chunkId: number, atMs: number, steps: number): SchedulerEvent {
  return { type: 'chunk-done', atMs, chunkId, steps };
}

type Failed = Extract<SchedulerEvent, { type: 'chunk-failed' }>;

/** A failed chunk: no step completed, all that was done before intact, by an error. */
export function failed(chunkId: number, atMs: number, more: Partial<Failed> = {}): SchedulerEvent {
  return { type: 'chunk-failed', atMs, chunkId, steps: 0, state: 'intact', cause: 'error', detail: 'bang', ...more };
}

type FinishFailed = Extract<SchedulerEvent, { type: 'finish-failed' }>;

export function finishFailed(requestId: string, atMs: number, more: Partial<FinishFailed> = {}): SchedulerEvent {
  return { type: 'finish-failed', atMs, requestId, state: 'intact', cause: 'error', detail: 'bang', ...more };
}

/** The `run` command that these commands hold one of. */
export function runIn(commands: readonly SchedulerCommand[]): SchedulerCommand & { type: 'run' } {
  const runs = commands.filter((command) => command.type === 'run');
  expect(runs).toHaveLength(1);
  return runs[0]!;
}

export const typesOf = (commands: readonly SchedulerCommand[]): string[] => commands.map(({ type }) => type);

/** A policy that gives what it is told to, and records what it was asked. */
export function scripted(
  replanOn: Policy['replanOn'],
  plan: (input: PlanningInput) => unknown,
): Policy & { readonly inputs: PlanningInput[] } {
  const inputs: PlanningInput[] = [];
  return {
    name: 'scripted',
    replanOn,
    inputs,
    plan(input) {
      inputs.push(input);
      return plan(input) as RoundPlan;
    },
  };
}

/** A plan of these assignments; outcomes are of no interest to the core. */
export function planOf(
  input: PlanningInput,
  endMs: number | null,
  assignments: readonly Partial<Assignment>[],
): unknown {
  const whole = assignments.map((each) => ({
    degree: each.gpus?.length,
    steps: 1,
    startMs: input.nowMs,
    endMs: input.nowMs + 10,
    ...each,
  }));
  return { startMs: input.nowMs, endMs, assignments: whole, outcomes: [] };
}
