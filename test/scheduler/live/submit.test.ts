import { describe, expect, it } from 'vitest';
import { TetriError } from '../../../src/model/index.js';
import type { Scheduler, SubmittedRequest } from '../../../src/scheduler/index.js';
import { fixedDegree } from '../../../src/policies/index.js';
import { fakeBackend, gate } from './fake-backend.js';
import { completed, live, liveOn } from './setup.js';

describe('a submitted request', () => {
  it('is accepted, runs, and ends with its artifact', async () => {
    const { scheduler, submit, ended } = await live(1);
    const payload = { prompt: 'a fox', seed: 7 };
    const a = submit('a', { shape: '128x128', steps: 2 }, { payload });
    expect(a.handle.id).toBe('a');
    await ended(a);
    // 5 ms of encoding, two steps of 40 ms, 8 ms of decoding.
    const artifact = { shape: '128x128', steps: 2, payload };
    expect(a).toMatchObject({ accepted: true, acceptedMs: 0, endMs: 93 });
    expect(a.outcome).toEqual({ status: 'completed', artifact, onTime: true, latencyMs: 93 });
    expect(await a.handle.result).toEqual(artifact);
    expect(scheduler.status()).toMatchObject({ waiting: 0, running: 0, decoding: 0 });
  });

  it('reaches the backend with its payload untouched', async () => {
    const payload = { bytes: new Uint8Array(3), when: () => 0 };
    const got: unknown[] = [];
    const backend = fakeBackend({
      prepare: ({ signal, ...call }) => {
        got.push({ ...call, isAborted: signal.aborted });
        return Promise.resolve();
      },
    });
    const { submit, ended } = await liveOn(backend);
    await ended(submit('a', { startStep: 1 }, { payload }));
    expect(got).toEqual([
      { requestId: 'a', shape: '64x64', steps: 4, startStep: 1, payload, gpu: 0, isAborted: false },
    ]);
    expect((got[0] as { payload: unknown }).payload).toBe(payload);
    expect(backend.calls).toEqual(['open', 'prepare a on 0', 'run a 1..4 on 0', 'finish a on 0', 'release a']);
  });

  it('has every default filled in', async () => {
    const { scheduler, clock, submit } = await live(1);
    await clock.advance(30);
    expect(submit('a').handle.request).toEqual({
      ...{ id: 'a', shape: '64x64', steps: 4, arrivalMs: 30, deadlineMs: 1030, startStep: 0, weight: 1 },
    });
    const odd = { id: 'b', shape: '64x64', steps: 4, deadlineMs: 99, arrivalMs: undefined, weight: undefined };
    expect(scheduler.submit(odd as unknown as SubmittedRequest).request).toMatchObject({ arrivalMs: 30, weight: 1 });
  });

  it('counts its latency from its arrival, which may lie back', async () => {
    const { submit, until, ended } = await live(1);
    await until(100);
    const a = submit('a', { arrivalMs: 60, deadlineMs: 140 });
    await ended(a);
    expect(a.outcome).toMatchObject(completed(80));
  });

  it('has not arrived later than it was submitted, whatever the clock of its client says', async () => {
    const { submit, ended } = await live(1);
    const a = submit('a', { arrivalMs: 500 });
    await ended(a);
    expect(a.handle.request.arrivalMs).toBe(0);
    expect(a.outcome).toMatchObject(completed(40));
  });

  it('is late after its deadline, and completed all the same', async () => {
    const { submit, ended } = await live(1);
    const [a, b] = [submit('a', { deadlineMs: 40 }), submit('b', { deadlineMs: 79.9 })];
    await ended(a, b);
    expect(a.outcome).toMatchObject(completed(40));
    expect(b.outcome).toMatchObject(completed(80, { onTime: false }));
  });

  it('is planned together with what is submitted in the same tick', async () => {
    const seen: string[][] = [];
    const { submit, ended } = await live(1, {
      onPlan: ({ requests }) => seen.push(requests.map(({ id }) => id)),
    });
    await ended(submit('a'), submit('b'), submit('c'));
    expect(seen[0]).toEqual(['a', 'b', 'c']);
  });

  it('hands its weight on to the policy', async () => {
    const weights: number[] = [];
    const policy = fixedDegree(1);
    const plan: typeof policy.plan = (input) => {
      weights.push(...input.waiting.map(({ weight }) => weight));
      return policy.plan(input);
    };
    const { submit, ended } = await live(1, { policy: { ...policy, plan } });
    await ended(submit('a', { weight: 2.5 }));
    expect(weights).toEqual([2.5]);
  });

  it('may have the id of one that has ended, whose handle then has no power over it', async () => {
    const { submit, until, ended } = await live(1);
    const controller = new AbortController();
    const first = submit('a', {}, { signal: controller.signal });
    await ended(first);
    const second = submit('a');
    await until(50);
    expect(await first.handle.cancel()).toBe(first.outcome);
    controller.abort();
    await ended(second);
    expect(second.outcome).toMatchObject(completed(40));
  });

  it('has no negative latency when the clock was set back while it ran', async () => {
    const run = gate<{ steps: number }>();
    const { clock, submit, until, ended } = await liveOn(fakeBackend({ run: run.wait }));
    await until(1000);
    const a = submit('a');
    await until(1015);
    clock.jump(-900);
    run.resolve({ steps: 4 });
    await ended(a);
    expect(a.outcome).toMatchObject(completed(0));
  });
});

describe('a request that is wrong in itself', () => {
  it.each<[path: string, code: string, request: unknown]>([
    ['request', 'invalid-type', undefined],
    ['request', 'invalid-type', 'a'],
    ['request.id', 'invalid-type', { shape: '64x64', steps: 4, deadlineMs: 9 }],
    ['request.id', 'out-of-range', { id: '', shape: '64x64', steps: 4, deadlineMs: 9 }],
    ['request.steps', 'out-of-range', { id: 'a', shape: '64x64', steps: 0, deadlineMs: 9 }],
    ['request.deadlineMs', 'invalid-type', { id: 'a', shape: '64x64', steps: 4 }],
    ['request.deadlineMs', 'deadline-before-arrival', { id: 'a', shape: '64x64', steps: 4, deadlineMs: -1 }],
    ['request.arrivalMs', 'invalid-type', { id: 'a', shape: '64x64', steps: 4, deadlineMs: 9, arrivalMs: 'now' }],
    ['request.startStep', 'too-many-steps-done', { id: 'a', shape: '64x64', steps: 4, deadlineMs: 9, startStep: 4 }],
    ['request.weight', 'out-of-range', { id: 'a', shape: '64x64', steps: 4, deadlineMs: 9, weight: 0 }],
    ['request.shape', 'invalid-shape', { id: 'a', shape: 'big', steps: 4, deadlineMs: 9 }],
    ['request.shape', 'unknown-shape', { id: 'a', shape: '32x32', steps: 4, deadlineMs: 9 }],
    ['request.id', 'duplicate-request', { id: 'alive', shape: '64x64', steps: 4, deadlineMs: 9 }],
  ])('is thrown back at once: %s %s', async (path, code, request) => {
    const { scheduler, submit, ended, errors } = await live(1);
    const alive = submit('alive');
    for (const method of ['submit', 'quote'] satisfies (keyof Scheduler)[]) {
      const error = thrownBy(() => scheduler[method](request as SubmittedRequest));
      expect(TetriError.isInstance(error)).toBe(true);
      expect(error).toMatchObject({ code, path });
    }
    // Nothing of it is left behind.
    expect(scheduler.status().waiting + scheduler.status().running).toBe(1);
    await ended(alive);
    expect(alive.outcome).toMatchObject(completed(40));
    expect(errors).toEqual([]);
  });

  it('is a duplicate in the same tick already, and until the end was told', async () => {
    const { submit, until, ended } = await live(1);
    const a = submit('a');
    expect(() => submit('a')).toThrow(expect.objectContaining({ code: 'duplicate-request' }));
    await until(30);
    expect(() => submit('a')).toThrow(expect.objectContaining({ code: 'duplicate-request' }));
    await ended(a);
    await ended(submit('a'));
  });

  it('is thrown back where its memory cannot be told', async () => {
    const memoryBytesOf = ({ id }: { id: string }): number => (id === 'odd' ? NaN : 1);
    const { submit, ended } = await live(1, { limits: { memoryBytes: 10, memoryBytesOf } });
    expect(() => submit('odd')).toThrow(
      expect.objectContaining({ code: 'out-of-range', path: 'limits.memoryBytesOf()' }),
    );
    await ended(submit('even'));
  });
});

describe('the promise of an artifact', () => {
  const resultOf = async ({ handle }: { handle: { result: Promise<unknown> } }): Promise<unknown> =>
    handle.result.then(
      () => undefined,
      (error: unknown) => error,
    );

  it('rejects with the outcome when there is none', async () => {
    const { scheduler, submit, ended } = await live(1, { maxFailures: 1, limits: { requests: 2 } });
    const [a, b, c] = [submit('a'), submit('b', { shape: '256x256' }), submit('c')];
    void a.handle.cancel();
    await scheduler.close();
    await ended(a, b, c);
    expect(await resultOf(a)).toMatchObject({
      ...{ name: 'TetriError', code: 'request-cancelled', received: { status: 'cancelled' } },
      message: 'request "a" was cancelled',
    });
    expect(await resultOf(b)).toMatchObject({ code: 'request-failed', received: b.outcome });
    expect(await resultOf(c)).toMatchObject({
      ...{ code: 'request-refused', received: { status: 'refused', reason: 'too-many-requests' } },
      message: 'request "c" was refused (too-many-requests): 2 requests are active',
    });
    expect(c.accepted).toBe(false);
  });
});

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}
