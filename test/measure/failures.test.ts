import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SimulatedBackend } from '../../src/backends/simulated/index.js';
import { profileOf, square } from '../simulation/worlds.js';
import { measure, type Setup } from './setup.js';

const batchStepMs = { 2: { 1: 18, 2: 11 } };
const profile = profileOf(square(64, { 1: 10, 2: 6 }, { encodeMs: 1, decodeMs: 1, batchStepMs }));
const plan: Setup['plan'] = { shapes: ['64x64'], degrees: [1, 2], batchSizes: [2] };

/** What can end a measurement, and with which code. */
const ends: Readonly<
  Record<string, readonly [code: string, act: (backend: SimulatedBackend, stop: () => void) => void]>
> = {
  'a chunk fails': ['chunk-failed', ({ faults }) => faults.failNextChunk()],
  'a chunk takes its state with it': ['chunk-failed', ({ faults }) => faults.failNextChunk({ state: 'lost' })],
  'an encoding fails': ['chunk-failed', ({ faults }) => faults.failNextPrepare()],
  'a GPU is lost': ['gpu-lost', ({ faults }) => faults.loseGpu(0)],
  'the backend dies': ['backend-lost', ({ faults }) => faults.die()],
  'the backend is closed': ['backend-closed', (backend) => void backend.close()],
  'it is told to stop': ['aborted', (_, stop) => stop()],
};

/** How long it takes if nothing goes wrong, in ms. */
const allMs = (await measure({ profile, plan })).clock.nowMs();

describe.each(Object.entries(ends))('when %s', (_, [code, act]) => {
  it('a measurement rejects, and leaves nothing behind', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0, max: 0.9, noNaN: true }), async (share) => {
        const stop = new AbortController();
        const {
          profile: measured,
          error,
          backend,
          clock,
        } = await measure({
          ...{ profile, plan, tools: { signal: stop.signal } },
          before: (all, time) => void time.schedule(share * allMs, () => act(all, () => stop.abort())),
        });
        expect(measured).toBeUndefined();
        expect(error).toMatchObject({ name: 'BackendError', code });
        expect(backend.held()).toBe(0);
        expect(clock.pending).toBe(0);
      }),
      { numRuns: 30 },
    );
  });
});

describe('an error', () => {
  const before: Setup['before'] = ({ faults }) => faults.failNextChunk();

  it('names what was measured, and has the one behind it as its cause', async () => {
    const { error } = await measure({ profile, plan, before });
    expect(error).toMatchObject({
      message: expect.stringMatching(/^64x64 at degree 1: ./),
      state: 'intact',
      cause: { code: 'chunk-failed' },
    });
  });

  it('of a decoding does so too', async () => {
    const { error, backend } = await measure({ profile, plan, before: ({ faults }) => faults.failNextFinish() });
    expect(error).toMatchObject({ code: 'chunk-failed', message: expect.stringMatching(/^64x64 at degree 1: ./) });
    expect(backend.held()).toBe(0);
  });

  it('that no backend should reject with counts as a failed chunk', async () => {
    const wrap = (backend: SimulatedBackend): SimulatedBackend => ({
      ...backend,
      run: () => Promise.reject(new RangeError('too far')),
    });
    const { error } = await measure({ profile, plan, wrap });
    expect(error).toMatchObject({ name: 'BackendError', code: 'chunk-failed', message: '64x64 at degree 1: too far' });
  });

  it('says so where a backend does fewer steps than it was asked for', async () => {
    const wrap = (backend: SimulatedBackend): SimulatedBackend => ({
      ...backend,
      run: (call) => backend.run({ ...call, steps: 1 }),
    });
    const { error, backend } = await measure({ profile, plan, wrap });
    const message = '64x64 at degree 1: the backend did 1 of 4 steps, and nobody stopped it';
    expect(error).toMatchObject({ code: 'chunk-failed', message });
    expect(backend.held()).toBe(0);
  });
});

it('a measurement that is stopped before it begins makes no call', async () => {
  const { error, clock } = await measure({ profile, plan, tools: { signal: AbortSignal.abort() } });
  expect(error).toMatchObject({ code: 'aborted' });
  expect(clock.nowMs()).toBe(0);
});

it('a measurement leaves the backend open', async () => {
  const { backend } = await measure({ profile, plan });
  const { signal } = new AbortController();
  const call = { requestId: 'a', shape: '64x64', steps: 1, startStep: 0, payload: null, gpu: 0, signal };
  const prepared = backend.prepare(call);
  await backend.close();
  await expect(prepared).rejects.toMatchObject({ code: 'backend-closed' });
});
