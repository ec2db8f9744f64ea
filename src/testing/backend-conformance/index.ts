import { aborts } from './aborts.js';
import { backendLoss } from './backend-loss.js';
import { batches } from './batches.js';
import { concurrency } from './concurrency.js';
import type { ConformanceCase } from './conformance-case.js';
import { failures } from './failures.js';
import { gpuLoss } from './gpu-loss.js';
import { leaks } from './leaks.js';
import { lifecycle } from './lifecycle.js';
import { moving } from './moving.js';
import type { BackendConformanceOptions } from './options.js';
import { refusals } from './refusals.js';
import { releases } from './releases.js';
import { steps } from './steps.js';
import { createTrial } from './trial.js';
import { createWaits } from './waits.js';

export type { BackendHarness } from './harness.js';
export type { BackendConformanceOptions, ConformanceTest } from './options.js';

const groups = {
  ...{ lifecycle, steps, refusals, moving, batches, aborts, releases, failures },
  ...{ 'gpu loss': gpuLoss, 'backend loss': backendLoss, concurrency, leaks },
};

/**
 * Registers a test for each rule of the backend contract, version 1: life cycle, order of steps, changes of degree and GPUs,
 * batches, aborts and releases in every phase, failures, loss of GPUs and of the backend, concurrency, leaks. Each test gets a fresh
 * backend from the factory, opens it and closes it.
 *
 * What the capabilities, or the GPUs, shapes and degrees, say is missing is registered as skipped, with the reason in its
 * name; nothing else is. A test that fails throws an `Error` that says what the contract demands and what was seen. Nothing is waited for
 * without a bound. `docs/writing-a-backend.md` shows how to run it.
 */
export function backendConformance<Payload, Artifact>(options: BackendConformanceOptions<Payload, Artifact>): void {
  const declared = options as unknown as BackendConformanceOptions;
  for (const [group, cases] of Object.entries(groups)) {
    for (const one of cases) {
      const name = `${group}: ${one.name}`;
      const missing = (one.needs ?? []).map((need) => need(declared)).find((reason) => reason !== undefined);
      const run = (): Promise<void> => tryCase(declared, one);
      if (missing === undefined) declared.test(name, run);
      else declared.test.skip?.(`${name} [${missing}]`, run);
    }
  }
}

async function tryCase(declared: BackendConformanceOptions, one: ConformanceCase): Promise<void> {
  const waits = createWaits(declared.timeoutMs ?? 2000);
  const harness = await waits.bounded(Promise.resolve(declared.factory()), 'factory()');
  const trial = createTrial(declared, harness);
  try {
    if (one.isFresh !== true) await trial.open();
    await one.run(trial);
    // What is still going on may tell more than it should.
    await trial.close();
    trial.settleNotes();
  } catch (error) {
    // That close() fails as well is nothing new: it has cases of its own.
    await trial.close().catch(() => undefined);
    throw trial.explain(error);
  } finally {
    await waits.bounded(Promise.resolve(harness.dispose?.()), 'dispose()');
  }
}
