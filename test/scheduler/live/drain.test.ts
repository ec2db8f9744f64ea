import { describe, expect, it } from 'vitest';
import { completed, live } from './setup.js';

const draining = { status: 'refused', reason: 'draining', detail: expect.any(String) as string };

/** Whether a promise has settled, by now. */
function watch(promise: Promise<void>): { isDone: boolean } {
  const watched = { isDone: false };
  void promise.then(() => (watched.isDone = true));
  return watched;
}

describe('draining a scheduler', () => {
  it('ends with the last request that was accepted, and refuses new ones', async () => {
    const { scheduler, submit, until, ended } = await live(1);
    const [a, b] = [submit('a'), submit('b')];
    await until(10);
    const drained = watch(scheduler.drain());
    const c = submit('c');
    await ended(c);
    expect(c).toMatchObject({ outcome: draining, accepted: false, endMs: 10 });
    await until(79);
    expect(drained.isDone).toBe(false);
    await until(80);
    expect(drained.isDone).toBe(true);
    expect([a.outcome, b.outcome]).toMatchObject([completed(40), completed(80)]);
  });

  it('is over at once where nobody is there, and may be asked for again', async () => {
    const { scheduler, submit, ended } = await live(1);
    await Promise.all([scheduler.drain(), scheduler.drain()]);
    await scheduler.drain();
    const a = submit('a');
    await ended(a);
    expect(a.outcome).toEqual(draining);
  });

  it('takes those along that are submitted in the same tick before it', async () => {
    const { scheduler, submit, ended } = await live(1);
    const a = submit('a');
    const drained = watch(scheduler.drain());
    const b = submit('b');
    await ended(a, b);
    expect([a.outcome, b.outcome]).toMatchObject([completed(40), draining]);
    expect(drained.isDone).toBe(true);
  });

  it('ends when it is closed meanwhile, and after', async () => {
    const { scheduler, submit, until } = await live(1);
    submit('a');
    await until(15);
    const drained = watch(scheduler.drain());
    const isClosed = watch(scheduler.close());
    await until(20);
    expect([drained.isDone, isClosed.isDone]).toEqual([true, true]);
    await scheduler.drain();
  });
});
