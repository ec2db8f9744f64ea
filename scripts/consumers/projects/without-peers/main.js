/** Without the optional packages: what needs one says which, and nothing else minds. */
import { builtinProfile, createCluster } from '@tetri/scheduler';
import { openTelemetryMetrics } from '@tetri/scheduler/metrics/opentelemetry';
import { offlineBound } from '@tetri/scheduler/simulation';

/** @param {() => Promise<unknown>} act @param {string} code @param {string} text */
async function expectError(act, code, text) {
  const error = await act().then(
    () => new Error('no error'),
    (/** @type {Error & { code?: string }} */ thrown) => thrown,
  );
  if (!('code' in error) || error.code !== code || !error.message.includes(text))
    throw new Error(`expected ${code} with ${text}`, { cause: error });
  console.log(`${error.code}: ${error.message.split('\n')[0]}`);
}

const request = { id: 'photo', shape: '1024x1024', steps: 28, arrivalMs: 0, deadlineMs: 60_000 };
await expectError(
  async () =>
    offlineBound({ schemaVersion: 1, requests: [request] }, builtinProfile('flux.1-dev_h100'), createCluster(1)),
  'peer-missing',
  'npm install highs',
);
await expectError(() => import('@tetri/scheduler/metrics/prom-client'), 'ERR_MODULE_NOT_FOUND', "'prom-client'");
// Its meter is handed in, so that nothing is missing.
if (typeof openTelemetryMetrics !== 'function') throw new Error('expected a function');
console.log('without peers: ok');
