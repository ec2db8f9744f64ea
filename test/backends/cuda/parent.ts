/**
 * A process that drives two workers and is to be killed: once they are in the middle of a chunk of both, it writes a line of JSON with
 * their `pids` and the `directory` in which they meet.
 */
import { createCudaBackend } from '../../../src/backends/cuda/index.js';
import { realLauncher } from './process-pool.js';
import { tapLauncher } from './tapped-launcher.js';

const real = realLauncher();
const tap = tapLauncher(real);
const backend = createCudaBackend({
  model: { adapter: 'tiny-flux' },
  ...{ device: 'cpu', worldSize: 2, threads: 1, testing: true, launcher: tap.launcher },
});
await backend.open(() => undefined);
for (const rank of [0, 1]) await tap.inject(rank, { kind: 'slow', milliseconds: 20 });
const { signal } = new AbortController();
const request = { requestId: 'a', shape: '64x64', steps: 100_000, startStep: 0, gpu: 0, signal };
await backend.prepare({ ...request, payload: { prompt: 'a', seed: 0 } });
await backend.run({
  members: [{ requestId: 'a', fromStep: 0 }],
  ...{ steps: 100_000, gpus: [0, 1], signal },
  onStep(done) {
    if (done !== 3) return;
    const directory = real.rendezvous.kind === 'file' ? real.rendezvous.directory : '';
    console.log(JSON.stringify({ pids: [tap.pidOf(0), tap.pidOf(1)], directory }));
  },
});
