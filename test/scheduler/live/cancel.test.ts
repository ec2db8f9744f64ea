import { describe, expect, it } from 'vitest';
import { fakeBackend, gate } from './fake-backend.js';
import { batches, completed, live, liveOn, type Watched } from './setup.js';

const cancelled = { status: 'cancelled' };
const big = { shape: '128x128', steps: 2 };

/** The times at which a chunk of that request ran. */
const timesOf = (records: readonly { requestIds: readonly string[]; startMs: number; endMs: number }[], id: string) =>
  records.filter(({ requestIds }) => requestIds.includes(id)).map(({ startMs, endMs }) => [startMs, endMs]);

describe('cancelling a request', () => {
  it('in the tick of its submission keeps it from running at all', async () => {
    const { backend, submit, clock, records } = await live(1);
    const a = submit('a');
    const end = a.handle.cancel();
    await clock.advance(0);
    expect(await end).toEqual(cancelled);
    expect(a).toMatchObject({ accepted: true, endMs: 0, progress: ['queued', 'end'] });
    expect(records).toEqual([]);
    expect(backend.held()).toBe(0);
  });

  it('while it waits ends it at once', async () => {
    const { submit, until, ended, records } = await live(1);
    const [a, b] = [submit('a'), submit('b')];
    await until(15);
    void b.handle.cancel();
    await until(15);
    expect(b).toMatchObject({ outcome: cancelled, endMs: 15, progress: ['queued', 'end'] });
    await ended(a);
    expect(timesOf(records, 'b')).toEqual([]);
  });

  it('while it is encoded ends it with the encoding, and others have the GPU', async () => {
    const { submit, until, ended, records } = await live(1);
    const [a, b] = [submit('a', big), submit('b')];
    await until(2);
    void a.handle.cancel();
    await ended(a, b);
    expect(a).toMatchObject({ outcome: cancelled, endMs: 5, progress: ['queued', 'preparing 0', 'end'] });
    expect(timesOf(records, 'a')).toEqual([[0, 5]]);
    expect(timesOf(records, 'b')).toEqual([[5, 45]]);
  });

  it('in the middle of a chunk frees its GPUs at the next step boundary', async () => {
    const { submit, until, ended, records } = await live(1);
    const [a, b] = [submit('a'), submit('b')];
    await until(15);
    void a.handle.cancel();
    await until(19);
    expect(a.outcome).toBeUndefined();
    await ended(a, b);
    expect(a).toMatchObject({ outcome: cancelled, endMs: 20 });
    expect(timesOf(records, 'b')).toEqual([[20, 60]]);
  });

  it('after its last step but before it is decoded ends it when decoding does', async () => {
    const { submit, until, ended } = await live(1);
    const [a, b] = [submit('a', big), submit('b', big)];
    await until(87);
    expect(a.progress.at(-1)).toBe('decoding 0');
    void a.handle.cancel();
    await ended(a, b);
    expect(a).toMatchObject({ outcome: cancelled, endMs: 93 });
    expect(b.outcome).toMatchObject(completed(186));
  });

  it('stops decoding where the backend can', async () => {
    const aborted: string[] = [];
    const backend = fakeBackend({
      finish: ({ requestId, signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            aborted.push(requestId);
            reject(new Error('aborted'));
          });
        }),
    });
    const { submit, clock, ended } = await liveOn(backend);
    const a = submit('a');
    await clock.advance(1);
    void a.handle.cancel();
    await ended(a);
    expect(aborted).toEqual(['a']);
    expect(a.outcome).toEqual(cancelled);
  });

  it('that was complete by then leaves it complete', async () => {
    const deliver = gate<undefined>();
    const { submit, clock, ended } = await liveOn(fakeBackend(), { deliver: deliver.wait });
    const a = submit('a');
    await clock.advance(1);
    expect(deliver.waiting).toBe(1);
    const end = a.handle.cancel();
    deliver.resolve(undefined);
    await ended(a);
    expect(await end).toMatchObject(completed(0, { artifact: 'art of a' }));
  });

  it('again, and after the end, changes nothing', async () => {
    const { submit, until, ended, errors } = await live(1);
    const [a, b] = [submit('a'), submit('b')];
    await until(15);
    const ends = [a.handle.cancel(), a.handle.cancel()];
    await until(16);
    ends.push(a.handle.cancel());
    await ended(a, b);
    ends.push(a.handle.cancel(), b.handle.cancel());
    expect(await Promise.all(ends)).toEqual([cancelled, cancelled, cancelled, cancelled, b.outcome]);
    expect(b.outcome).toMatchObject(completed(60));
    expect(errors).toEqual([]);
  });

  it('of a batch leaves its mates alone', async () => {
    const { submit, until, ended, records } = await live(1, { policy: batches() });
    const [a, b] = [submit('a'), submit('b')];
    await until(15);
    void a.handle.cancel();
    await ended(a, b);
    expect(a).toMatchObject({ outcome: cancelled, endMs: 48 });
    expect(b.outcome).toMatchObject(completed(48));
    expect(timesOf(records, 'b')).toEqual([[0, 48]]);
  });

  it('of a whole batch stops it', async () => {
    const { submit, until, ended } = await live(1, { policy: batches() });
    const [a, b] = [submit('a'), submit('b')];
    await until(15);
    void a.handle.cancel();
    void b.handle.cancel();
    await ended(a, b);
    expect([a.endMs, b.endMs]).toEqual([24, 24]);
  });

  it('waits for a backend that cannot stop a chunk', async () => {
    const run = gate<{ steps: number }>();
    const backend = fakeBackend({ run: run.wait, capabilities: { abortsChunks: false } });
    const { submit, clock, ended } = await liveOn(backend);
    const a = submit('a');
    await clock.advance(1);
    void a.handle.cancel();
    await clock.advance(1);
    expect(a.outcome).toBeUndefined();
    run.resolve({ steps: 4 });
    await ended(a);
    expect(a.outcome).toEqual(cancelled);
    expect(backend.calls.slice(-1)).toEqual(['release a']);
  });

  it('does not hold the mates of one that is still to be encoded', async () => {
    const prepare = gate<undefined>();
    const backend = fakeBackend({ prepare: prepare.wait });
    const { submit, clock, ended } = await liveOn(backend, { policy: batches() });
    const [a, b] = [submit('a'), submit('b')];
    await clock.advance(1);
    void a.handle.cancel();
    void b.handle.cancel();
    await clock.advance(0);
    prepare.resolve(undefined);
    await ended(a, b);
    // The second one was not even encoded.
    expect(backend.calls.slice(1)).toEqual(['prepare a on 0', 'release a', 'release b']);
  });
});

describe('the signal of a request', () => {
  const listenersOf = (signal: AbortSignal): { readonly count: number } => {
    let count = 0;
    const { addEventListener, removeEventListener } = signal;
    Object.assign(signal, {
      addEventListener: (...args: Parameters<typeof addEventListener>) => {
        count++;
        addEventListener.apply(signal, args);
      },
      removeEventListener: (...args: Parameters<typeof removeEventListener>) => {
        count--;
        removeEventListener.apply(signal, args);
      },
    });
    return {
      get count() {
        return count;
      },
    };
  };

  it('cancels it when it is aborted', async () => {
    const { submit, until, ended } = await live(1);
    const controller = new AbortController();
    const a = submit('a', {}, { signal: controller.signal });
    await until(15);
    controller.abort();
    await ended(a);
    expect(a).toMatchObject({ outcome: cancelled, endMs: 20 });
  });

  it('cancels it at once where it is aborted already', async () => {
    const { submit, clock, records } = await live(1);
    const a = submit('a', {}, { signal: AbortSignal.abort() });
    await clock.advance(0);
    expect(a).toMatchObject({ accepted: true, outcome: cancelled });
    expect(records).toEqual([]);
  });

  it.each<[how: string, end: (a: Watched, controller: AbortController) => void]>([
    ['is complete', () => undefined],
    ['was cancelled', (a) => void a.handle.cancel()],
    ['was aborted', (_, controller) => controller.abort()],
  ])('is let go of once it %s', async (_, end) => {
    const { submit, until, ended } = await live(1);
    const controller = new AbortController();
    const listeners = listenersOf(controller.signal);
    const a = submit('a', {}, { signal: controller.signal });
    expect(listeners.count).toBe(1);
    await until(15);
    end(a, controller);
    await ended(a);
    await Promise.resolve();
    expect(listeners.count).toBe(0);
  });

  it('has to be one, before anything is submitted', async () => {
    const { scheduler, submit } = await live(1);
    expect(() => submit('a', {}, { signal: {} as AbortSignal })).toThrow(TypeError);
    expect(scheduler.status()).toMatchObject({ waiting: 0, running: 0 });
    submit('a');
  });

  it('is let go of where the request is refused', async () => {
    const { scheduler, submit, ended } = await live(1);
    const { signal } = new AbortController();
    const listeners = listenersOf(signal);
    await scheduler.drain();
    const a = submit('a', {}, { signal });
    await ended(a);
    expect(a.outcome).toMatchObject({ status: 'refused' });
    expect(listeners.count).toBe(0);
  });
});
