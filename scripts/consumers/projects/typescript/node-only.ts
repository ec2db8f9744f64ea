/** The parts that need Node, or packages that are optional: a journal in a file, metrics, and the start of PyTorch workers. */
import { builtinProfile, createCluster, TetriError } from '@tetri/scheduler';
import { createCudaBackend, type CudaBackendOptions } from '@tetri/scheduler/backends/cuda';
import { createSimulatedBackend } from '@tetri/scheduler/backends/simulated';
import { openTelemetryMetrics } from '@tetri/scheduler/metrics/opentelemetry';
import { promClientMetrics } from '@tetri/scheduler/metrics/prom-client';
import { createScheduler } from '@tetri/scheduler/scheduler';
import { fileJournal, type FileJournalOptions } from '@tetri/scheduler/scheduler/file-journal';
import { metrics as openTelemetry } from '@opentelemetry/api';
import { register } from 'prom-client';
import { expect } from './expect.js';

const profile = builtinProfile('flux.1-dev_h100');
const options: FileJournalOptions = { fsync: 'never' };
const scheduler = await createScheduler({
  ...{ profile, backend: createSimulatedBackend({ profile, cluster: createCluster(2) }) },
  journal: fileJournal('requests.journal', options),
  metrics: promClientMetrics(),
});
const deadlineMs = scheduler.nowMs() + 60_000;
const { outcome } = scheduler.submit({ id: 'icon', shape: '256x256', steps: 2, deadlineMs });
expect((await outcome).status === 'completed', 'a completed request');
expect(
  (await register.metrics()).includes('tetri_requests_submitted_total{shape="256x256"} 1'),
  'a request that was counted',
);
await scheduler.close();

openTelemetryMetrics(openTelemetry.getMeter('consumer'));

const workers: CudaBackendOptions = { model: { adapter: 'tiny-flux' }, device: 'cpu', worldSize: 0 };
try {
  createCudaBackend(workers);
  expect(false, 'an error');
} catch (error) {
  expect(TetriError.isInstance(error) && error.path.endsWith('worldSize'), 'a TetriError that says where');
}
