import type { BackendErrorCode } from '../../backends/index.js';
import { parseCluster } from '../../model/index.js';
import { firstDifference } from '../first-difference.js';
import type { ConformanceCase } from './conformance-case.js';
import { demand, ending, refusal } from './expectations.js';
import { group, largest, smallest } from './groups.js';
import { aborting } from './needs.js';
import { createRequest, prepared } from './requests.js';
import type { Trial } from './trial.js';
import { prepareLong, underWay } from './under-way.js';

/** Fresh, open, draining, closed. */
export const lifecycle: readonly ConformanceCase[] = [
  {
    name: 'it declares version v1, a name, and the capabilities that it is said to have',
    isFresh: true,
    async run({ backend, declared }) {
      await Promise.resolve();
      const { specificationVersion, name, capabilities } = backend;
      demand(
        (specificationVersion as string) === 'v1',
        `specificationVersion is ${JSON.stringify(specificationVersion)}; it has to be "v1"`,
      );
      demand(typeof name === 'string' && name !== '', 'a backend needs a name for people');
      const path = firstDifference({ ...declared.capabilities }, { ...capabilities });
      demand(path === undefined, `capabilities${path} is not what it is said to be: ${JSON.stringify(capabilities)}`);
      const { maxBatchSize } = capabilities;
      demand(
        Number.isSafeInteger(maxBatchSize) && maxBatchSize >= 1,
        `capabilities.maxBatchSize is ${maxBatchSize}; it has to be a whole number of at least 1`,
      );
    },
  },
  {
    name: 'open tells a valid cluster with the GPUs that it is said to have',
    isFresh: true,
    async run(trial) {
      const { gpus } = parseCluster((await trial.open()).cluster, 'cluster');
      const { declared } = trial;
      demand(gpus.length === declared.gpus, `it has ${gpus.length} GPUs; it is said to have ${declared.gpus}`);
      const told = trial.description().cluster.gpus.map(({ id }) => id);
      demand(told.join() === gpus.map(({ id }) => id).join(), `GPUs are told in ascending order, not ${told.join()}`);
      group(trial, 0, largest(trial));
    },
  },
  {
    name: 'before open, work is refused with backend-not-open',
    isFresh: true,
    run: (trial) => refusesWork(trial, 'backend-not-open', 'before open()'),
  },
  {
    name: 'before open, release and close resolve, again and again, and closed it stays',
    isFresh: true,
    async run(trial) {
      await releasesAndCloses(trial);
      await refusesWork(trial, 'backend-closed', 'after close()');
    },
  },
  {
    name: 'while it closes, work is refused with backend-closed',
    async run(trial) {
      const gpus = group(trial);
      await prepareBoth(trial);
      const busy = await prepareLong(trial, 'busy');
      await underWay(trial, busy, gpus);
      const closing = trial.close();
      await refusesWork(trial, 'backend-closed', 'after the call of close()');
      await closing;
    },
  },
  {
    name: 'while it closes, release and close resolve',
    async run(trial) {
      const gpus = group(trial);
      const busy = await prepareLong(trial, 'busy');
      await underWay(trial, busy, gpus);
      const closing = trial.close();
      await Promise.all([trial.close(), busy.release(), releasesAndCloses(trial)]);
      await closing;
    },
  },
  {
    name: 'closed, it refuses work with backend-closed',
    async run(trial) {
      await prepareBoth(trial);
      await trial.close();
      await refusesWork(trial, 'backend-closed', 'after close()');
    },
  },
  {
    name: 'closed, release and close resolve, again and again',
    async run(trial) {
      await prepareBoth(trial);
      await trial.close();
      await releasesAndCloses(trial);
    },
  },
  {
    name: 'close ends every call in progress',
    async run(trial) {
      const gpus = group(trial);
      const { done } = await prepareBoth(trial);
      const busy = await prepareLong(trial, 'busy');
      const chunk = await underWay(trial, busy, gpus);
      const calls = [chunk.answer, done.finish({ gpus }), createRequest(trial, 'late').prepare({ gpus })];
      await trial.close();
      for (const call of calls) await ending<unknown>(call, ['backend-closed', 'aborted'], 'a call that close() ends');
    },
  },
  {
    name: 'close ends a chunk at its next step',
    needs: [aborting],
    async run(trial) {
      const gpus = group(trial);
      const busy = await prepareLong(trial, 'busy');
      const chunk = await underWay(trial, busy, gpus);
      await trial.close();
      const { value } = await ending(chunk.answer, ['backend-closed', 'aborted'], 'a chunk that close() ends');
      demand(
        (value?.steps ?? chunk.told()) < chunk.steps,
        'close() waited for all steps of the chunk; it has to abort what runs, and abortsChunks is declared',
      );
    },
  },
  {
    name: 'close drops the state of every request',
    async run(trial) {
      const gpus = group(trial);
      await prepareBoth(trial);
      const busy = await prepareLong(trial, 'busy');
      await underWay(trial, busy, gpus);
      await trial.close();
      const held = await trial.call('held()', () => trial.harness.held());
      demand(held === 0, `after close() it holds state of ${held} requests; it has to drop everything`);
    },
  },
];

/** A request with steps left, and one that did them all. */
async function prepareBoth(trial: Trial): Promise<Record<'begun' | 'done', ReturnType<typeof createRequest>>> {
  const begun = await prepared(trial, 'begun');
  const done = await prepared(trial, 'done');
  await done.run(4);
  return { begun, done };
}

async function refusesWork(trial: Trial, code: BackendErrorCode, when: string): Promise<void> {
  // A backend that was never opened has not told its GPUs.
  const gpus = trial.isOpened() ? group(trial) : Array.from({ length: smallest(trial) }, (_, id) => id);
  const [begun, done, late] = ['begun', 'done', 'late'].map((id) => createRequest(trial, id));
  // All at once, so that a backend that drains is asked before it has closed.
  await Promise.all([
    refusal(late!.prepare({ gpus }), [code], `prepare() ${when}`),
    refusal(begun!.run(1, { gpus }), [code], `run() ${when}`),
    refusal(done!.finish({ gpus }), [code], `finish() ${when}`),
  ]);
}

async function releasesAndCloses(trial: Trial): Promise<void> {
  for (let time = 0; time < 2; time++) {
    await trial.call('release() of a request', () => trial.backend.release('begun'));
    await trial.call('close()', () => trial.backend.close());
  }
}
