import { describe, expect, it } from 'vitest';
import { BackendError, type Backend } from '../../../src/backends/index.js';
import { createCluster, TetriError } from '../../../src/model/index.js';
import { fixedDegree } from '../../../src/policies/index.js';
import { createScheduler, memoryJournal, type SchedulerOptions } from '../../../src/scheduler/index.js';
import { createVirtualClock } from '../../../src/simulation/index.js';
import { fakeBackend, type FakeBackend } from './fake-backend.js';
import { completed, live, liveOn, profile } from './setup.js';

const optionsWith = (more: object): SchedulerOptions =>
  ({ profile, backend: fakeBackend(), clock: createVirtualClock(), ...more }) as SchedulerOptions;

describe('the options of a scheduler', () => {
  it.each<[path: string, code: string, more: object]>([
    ['maxCrashes', 'out-of-range', { maxCrashes: 0 }],
    ['maxCrashes', 'invalid-type', { maxCrashes: '5' }],
    ['closeMs', 'out-of-range', { closeMs: 0 }],
    ['closeMs', 'out-of-range', { closeMs: Infinity }],
    ['reconnect.attempts', 'out-of-range', { reconnect: { attempts: 0 } }],
    ['reconnect.delayMs', 'out-of-range', { reconnect: { delayMs: -1 } }],
    ['reconnect', 'invalid-type', { reconnect: null }],
    ['reconnect', 'invalid-type', { reconnect: true }],
    ['reconnect.timeoutMs', 'out-of-range', { reconnect: { timeoutMs: 0 } }],
    ['policy', 'invalid-type', { policy: 'edf' }],
    ['policy.plan', 'invalid-type', { policy: {} }],
    ['clock.schedule', 'invalid-type', { clock: { nowMs: () => 0 } }],
    ['deliver', 'invalid-type', { deliver: 'now' }],
    ['metrics.observe', 'invalid-type', { metrics: { count: () => undefined } }],
    ['onError', 'invalid-type', { onError: console }],
    ['onPlan', 'invalid-type', { onPlan: 5 }],
    ['backend.prepare', 'invalid-type', { backend: { ...fakeBackend(), prepare: undefined } }],
    ['backend.capabilities', 'invalid-type', { backend: { ...fakeBackend(), capabilities: null } }],
    ['backend', 'invalid-type', { backend: undefined }],
    ['backend.specificationVersion', 'unsupported-schema-version', { backend: {} }],
    ['backend.specificationVersion', 'unsupported-schema-version', { backend: { specificationVersion: 'v2' } }],
    ['profile', 'invalid-type', { profile: undefined }],
    ['maxFailures', 'out-of-range', { maxFailures: 0 }],
    ['stallMs', 'out-of-range', { stallMs: 0 }],
    ['starvationMs', 'invalid-type', { starvationMs: 'late' }],
    ['admit', 'out-of-range', { admit: 'some' }],
    ['whenFull', 'out-of-range', { whenFull: 'panic' }],
    ['whenLate', 'out-of-range', { whenLate: 'cry' }],
    ['limits.requests', 'out-of-range', { limits: { requests: 0 } }],
    ['limits.memoryBytesOf', 'invalid-type', { limits: { memoryBytes: 1 } }],
  ])('are refused by %s (%s)', async (path, code, more) => {
    const options = optionsWith(more);
    await expect(createScheduler(options)).rejects.toMatchObject({ name: 'TetriError', code, path });
    expect((options.backend as FakeBackend | undefined)?.calls ?? []).toEqual([]);
  });

  it('have to be there', async () => {
    await expect(createScheduler(undefined as unknown as SchedulerOptions)).rejects.toMatchObject({
      code: 'invalid-type',
      path: 'options',
    });
  });

  it('limit batches to what the backend can do', async () => {
    const sizes: number[] = [];
    const { submit, ended } = await live(1, {
      simulated: { maxBatchSize: 1 },
      policy: {
        name: 'reads',
        replanOn: 'event',
        plan(input) {
          sizes.push(...input.waiting.flatMap(({ times }) => times.batches.map(({ size }) => size)));
          return fixedDegree(1).plan(input);
        },
      },
    });
    await ended(submit('a'), submit('b'));
    expect(sizes).toEqual([]);
  });

  it('leave the profile alone otherwise', async () => {
    const sizes = new Set<number>();
    const { submit, ended } = await live(1, {
      onPlan: ({ requests, profile: known }) => {
        for (const { shape } of requests) for (const { size } of known.shape(shape).batches) sizes.add(size);
      },
    });
    await ended(submit('a'));
    expect([...sizes]).toEqual([2]);
  });
});

describe('a scheduler that cannot be created', () => {
  it('lets go of the journal and the backend when the backend does not open', async () => {
    const journal = memoryJournal();
    const backend = fakeBackend({ open: () => Promise.reject(new BackendError('backend-lost', 'no driver')) });
    await expect(createScheduler(optionsWith({ backend, journal }))).rejects.toMatchObject({ code: 'backend-lost' });
    expect(backend.calls).toEqual(['open', 'close']);
    await expect(journal.open()).resolves.toMatchObject({ records: [] });
  });

  it.each<[what: string, open: () => never]>([
    ['throws', () => fail('bang')],
    ['has no GPUs', () => Promise.resolve({ cluster: { gpus: [] } }) as never],
    ['says nothing', () => Promise.resolve() as never],
  ])('lets go of both when opening %s', async (_, open) => {
    const journal = memoryJournal();
    const backend = fakeBackend({ open });
    await expect(createScheduler(optionsWith({ backend, journal }))).rejects.toBeInstanceOf(Error);
    expect(backend.calls).toEqual(['open', 'close']);
    await expect(journal.open()).resolves.toMatchObject({ records: [] });
  });

  it('says why it failed, also when nothing can be closed', async () => {
    const journal = { ...memoryJournal(), close: () => fail('no close') };
    const backend = fakeBackend({ open: () => fail('no open'), close: () => fail('no close') });
    await expect(createScheduler(optionsWith({ backend, journal }))).rejects.toThrow('no open');
  });

  it('does not touch the backend when the journal does not open', async () => {
    const backend = fakeBackend();
    const journal = { ...memoryJournal(), open: () => Promise.reject(new TetriError('journal-corrupt', 'torn')) };
    await expect(createScheduler(optionsWith({ backend, journal }))).rejects.toMatchObject({ code: 'journal-corrupt' });
    expect(backend.calls).toEqual([]);
  });

  it('leaves the journal to the scheduler that has it', async () => {
    const journal = memoryJournal();
    const first = await liveOn(fakeBackend(), { journal });
    await expect(createScheduler(optionsWith({ journal }))).rejects.toMatchObject({ code: 'journal-locked' });
    const a = first.submit('a');
    await first.ended(a);
    expect(first.errors).toEqual([]);
    expect(journal.records).toHaveLength(3);
  });

  it('lets go of a journal that cannot be tidied up', async () => {
    const request = { id: 'a', shape: '64x64', steps: 4, arrivalMs: 0, deadlineMs: 9, startStep: 0, weight: 1 };
    const known = memoryJournal([{ type: 'submit', atMs: 0, request }]);
    const journal = Object.assign(known, { rewrite: () => Promise.reject(new TetriError('journal-failed', 'full')) });
    await expect(createScheduler(optionsWith({ journal }))).rejects.toMatchObject({ code: 'journal-failed' });
    await expect(known.open()).resolves.toMatchObject({ tornBytes: 0 });
  });
});

describe('a scheduler', () => {
  it('has the cluster of its backend and the time of its clock', async () => {
    const clock = createVirtualClock(1_700_000_000_000);
    const { scheduler } = await live(3, { clock });
    expect(scheduler.cluster).toEqual(createCluster(3));
    expect(scheduler.recovered).toEqual([]);
    await clock.advance(5);
    expect(scheduler.nowMs()).toBe(1_700_000_000_005);
  });

  it('takes note of what the backend reports while it opens', async () => {
    const backend: Backend = fakeBackend({
      gpus: 2,
      open: (listener) => {
        listener({ type: 'gpu-lost', gpu: 0, detail: 'dead on arrival' });
        return Promise.resolve({ cluster: createCluster(2) });
      },
    });
    const { scheduler } = await liveOn(backend);
    expect(scheduler.status().gpus.map(({ state }) => state)).toEqual(['lost', 'idle']);
  });

  it('is closed by `await using`', async () => {
    const backend = fakeBackend();
    {
      await using scheduler = await createScheduler(optionsWith({ backend }));
      expect(scheduler.status().waiting).toBe(0);
    }
    expect(backend.calls.slice(-1)).toEqual(['close']);
  });

  it('works on the clock of the system by default', async () => {
    const { clock, ...options } = optionsWith({});
    await using scheduler = await createScheduler(options);
    expect(clock?.nowMs()).toBe(0);
    const startMs = scheduler.nowMs();
    const handle = scheduler.submit({ id: 'a', shape: '64x64', steps: 4, deadlineMs: startMs + 60_000 });
    expect(await handle.outcome).toMatchObject(completed(expect.any(Number) as never, { artifact: 'art of a' }));
    expect(startMs).toBeGreaterThan(1_600_000_000_000);
  });
});

function fail(message: string): never {
  throw new Error(message);
}
