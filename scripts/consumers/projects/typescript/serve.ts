/** Has requests executed by a live scheduler on simulated GPUs, in real time. */
import { builtinProfile, createCluster } from '@tetri/scheduler';
import type { Backend, BackendCapabilities } from '@tetri/scheduler/backends';
import { createSimulatedBackend } from '@tetri/scheduler/backends/simulated';
import { createScheduler, memoryMetrics, type RequestOutcome, type Scheduler } from '@tetri/scheduler/scheduler';
import { expect } from './expect.js';

const profile = builtinProfile('flux.1-dev_h100');
const backend = createSimulatedBackend({ profile, cluster: createCluster(2) });
const general: Backend = backend;
const capabilities: BackendCapabilities = general.capabilities;
expect(capabilities.maxBatchSize >= 1, 'a backend that says what it can');

const metrics = memoryMetrics();
const scheduler: Scheduler = await createScheduler({ backend, profile, metrics });
const { id, outcome } = scheduler.submit({
  ...{ id: 'icon', shape: '256x256', steps: 2 },
  deadlineMs: scheduler.nowMs() + 60_000,
});
const ended: RequestOutcome = await outcome;
expect(id === 'icon' && ended.status === 'completed', 'a completed request');
await scheduler.close();
