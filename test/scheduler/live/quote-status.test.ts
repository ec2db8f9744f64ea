import { describe, expect, it } from 'vitest';
import { createPolicy, policyNames } from '../../../src/policies/index.js';
import { fakeBackend, type FakeBackend } from './fake-backend.js';
import { live, liveOn } from './setup.js';

const big = { shape: '128x128', steps: 2 };
const asked = (more: object = {}) => ({ id: 'q', shape: '64x64', steps: 4, deadlineMs: 1000, ...more });

describe('a quote', () => {
  it.each(policyNames)('by %s agrees with what then happens when nothing else comes', async (name) => {
    const { scheduler, submit, until, ended } = await live(8, { policy: createPolicy(name) });
    const others = [submit('a'), submit('b', big), submit('c', { steps: 9, deadlineMs: 120 }), submit('d')];
    await until(31);
    const request = asked({ ...big, deadlineMs: 400 });
    const quote = scheduler.quote(request);
    const q = submit('q', request);
    await ended(q, ...others);
    expect(q.outcome).toMatchObject({ status: 'completed', onTime: quote.canMeetDeadline });
    expect(q.endMs).toBeCloseTo(quote.earliestFinishMs!, 3);
    expect(quote.refusal).toBeNull();
  });

  it('knows what was submitted in the same tick', async () => {
    const { scheduler, submit } = await live(1);
    expect(scheduler.quote(asked()).earliestFinishMs).toBe(40);
    submit('a');
    expect(scheduler.quote(asked()).earliestFinishMs).toBe(80);
    submit('b', { steps: 2 });
    expect(scheduler.quote(asked()).earliestFinishMs).toBe(100);
  });

  it('changes nothing', async () => {
    const run = async (asks: boolean): Promise<unknown> => {
      const { scheduler, submit, until, ended, records } = await live(2);
      const watched = [submit('a'), submit('b', big), submit('c')];
      for (let atMs = 0; atMs < 90; atMs += 7) {
        await until(atMs);
        if (asks) for (const more of [{}, big, { id: 'x', shape: '256x256' }]) scheduler.quote(asked(more));
      }
      await ended(...watched);
      return [records, watched.map(({ progress, outcome }) => [progress, outcome])];
    };
    expect(await run(true)).toEqual(await run(false));
  });

  it('says why a request would be refused', async () => {
    const { scheduler, submit, clock, ended } = await live(1, {
      ...{ admit: 'feasible', limits: { requests: 1 } },
    });
    expect(scheduler.quote(asked({ deadlineMs: 39 }))).toMatchObject({
      ...{ refusal: 'deadline-infeasible', canMeetDeadline: false, earliestFinishMs: 40 },
    });
    const a = submit('a');
    expect(scheduler.quote(asked())).toMatchObject({ refusal: 'too-many-requests' });
    await ended(a);
    void scheduler.drain();
    expect(scheduler.quote(asked())).toMatchObject({ refusal: 'draining' });
    await clock.advance(0);
  });

  it('counts from now, on the clock of the scheduler', async () => {
    const { scheduler, until } = await live(2);
    await until(500);
    // Four steps of 10 ms; or of 6 ms on both GPUs, which cost more GPU time, and are not needed.
    expect(scheduler.quote(asked({ deadlineMs: 540 }))).toEqual({
      ...{ refusal: null, canMeetDeadline: true, earliestFinishMs: 540, unloadedFinishMs: 524, leastGpuTimeMs: 40 },
    });
  });

  it('expects nothing of GPUs that are lost', async () => {
    const { scheduler, backend, until } = await live(1);
    backend.faults.loseGpu(0);
    await until(1);
    expect(scheduler.quote(asked())).toMatchObject({ earliestFinishMs: null, unloadedFinishMs: null });
  });
});

describe('the status', () => {
  it('is true at every moment', async () => {
    const { scheduler, submit, until, ended } = await live(2);
    const now = (): unknown[] => {
      const { waiting, running, decoding, late, gpus } = scheduler.status();
      return [waiting, running, decoding, late, gpus.map(({ state }) => state).join()];
    };
    expect(now()).toEqual([0, 0, 0, 0, 'idle,idle']);
    const watched = [submit('a'), submit('b', big), submit('c'), submit('d', { deadlineMs: 70 })];
    expect(now()).toEqual([2, 2, 0, 0, 'busy,busy']);
    await until(39);
    expect(now()).toEqual([2, 2, 0, 0, 'busy,busy']);
    await until(40);
    expect(now()).toEqual([1, 2, 0, 0, 'busy,busy']);
    // Its last chance, at the fastest degree, was at 46.
    await until(47);
    expect(now()).toEqual([1, 2, 0, 1, 'busy,busy']);
    await until(85);
    expect(now()).toEqual([0, 1, 1, 1, 'busy,busy']);
    await until(93);
    expect(now()).toEqual([0, 1, 0, 1, 'busy,idle']);
    await ended(...watched);
    expect(now()).toEqual([0, 0, 0, 0, 'idle,idle']);
  });

  it('knows how far the profile is off', async () => {
    const { scheduler, backend, submit, ended } = await live(1);
    backend.faults.slowGpu(0, 1.5);
    for (let i = 0; i < 30; i++) await ended(submit(`r${i}`));
    const [drift] = scheduler.status().drift;
    expect(drift).toMatchObject({ shape: '64x64', degree: 1 });
    expect(drift!.factor).toBeCloseTo(1.5, 1);
    // And plans with it.
    expect(scheduler.quote(asked({ deadlineMs: 9999 })).earliestFinishMs! - scheduler.nowMs()).toBeCloseTo(60, 0);
  });

  it('knows that also of a backend that does not say how long it took', async () => {
    const run: FakeBackend['run'] = ({ steps }) =>
      new Promise((resolve) => world.clock.schedule(world.clock.nowMs() + 60, () => resolve({ steps })));
    const world = await liveOn(fakeBackend({ run }));
    for (let i = 0; i < 30; i++) await world.ended(world.submit(`r${i}`));
    expect(world.scheduler.status().drift[0]!.factor).toBeCloseTo(1.5, 1);
  });

  it('knows GPUs that are slower than the others', async () => {
    const { scheduler, backend, submit, ended } = await live(2);
    backend.faults.slowGpu(1, 2);
    for (let i = 0; i < 3; i++) await ended(submit(`a${i}`), submit(`b${i}`));
    expect(scheduler.status().gpus.map(({ state }) => state)).toEqual(['idle', 'excluded']);
  });
});
