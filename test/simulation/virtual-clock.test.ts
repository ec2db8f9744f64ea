import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/simulation/index.js';

describe('the virtual clock', () => {
  it('goes only when it is told to', async () => {
    const clock = createVirtualClock(100);
    const calls: number[] = [];
    clock.schedule(130, () => calls.push(clock.nowMs()));
    clock.schedule(110, () => calls.push(clock.nowMs()));
    expect([clock.nowMs(), clock.pending]).toEqual([100, 2]);
    await clock.advance(20);
    expect([clock.nowMs(), clock.pending, calls]).toEqual([120, 1, [110]]);
    await clock.advance(10);
    expect([clock.nowMs(), clock.pending, calls]).toEqual([130, 0, [110, 130]]);
  });

  it('waits after each moment for what follows from it without time', async () => {
    const clock = createVirtualClock();
    const seen: string[] = [];
    const sleep = (ms: number): Promise<void> =>
      new Promise((resolve) => void clock.schedule(clock.nowMs() + ms, resolve));
    const walk = async (name: string, ms: number): Promise<void> => {
      for (let step = 0; step < 3; step++) {
        await sleep(ms);
        // Promises upon promises take no time.
        for (let deep = 0; deep < 50; deep++) await Promise.resolve();
        seen.push(`${name} ${clock.nowMs()}`);
      }
    };
    void walk('a', 10);
    void walk('b', 15);
    await clock.advance(100);
    expect(seen).toEqual(['a 10', 'b 15', 'a 20', 'b 30', 'a 30', 'b 45']);
  });

  it('makes calls of one time in the order of their schedule, those that they schedule then too', async () => {
    const clock = createVirtualClock();
    const calls: string[] = [];
    clock.schedule(5, () => {
      calls.push('first');
      clock.schedule(5, () => calls.push('third'));
      clock.schedule(-1, () => calls.push('past'));
      expect(calls).toEqual(['first']);
    });
    clock.schedule(5, () => calls.push('second'));
    await clock.advance(5);
    expect(calls).toEqual(['first', 'past', 'second', 'third']);
  });

  it('takes calls back', async () => {
    const clock = createVirtualClock();
    const calls: number[] = [];
    const cancel = clock.schedule(5, () => calls.push(5));
    const other = clock.schedule(6, () => calls.push(6));
    cancel();
    cancel();
    expect(clock.pending).toBe(1);
    await clock.advance(10);
    other();
    expect([calls, clock.pending]).toEqual([[6], 0]);
  });

  it('advances until somebody is content, or nothing is left to happen', async () => {
    const clock = createVirtualClock();
    let ticks = 0;
    const tick = (): void => {
      if (++ticks < 10) clock.schedule(clock.nowMs() + 7, tick);
    };
    tick();
    expect(await clock.advanceUntil(() => ticks === 4)).toBe(true);
    expect(clock.nowMs()).toBe(21);
    expect(await clock.advanceUntil(() => ticks === 99)).toBe(false);
    expect([ticks, clock.pending]).toEqual([10, 0]);
  });

  it('jumps, and makes the calls that fall due at the next advance', async () => {
    const clock = createVirtualClock(50);
    const calls: number[] = [];
    clock.schedule(60, () => calls.push(clock.nowMs()));
    clock.jump(1000);
    expect(calls).toEqual([]);
    await clock.advance(0);
    expect(calls).toEqual([1050]);
    clock.jump(-500);
    clock.schedule(560, () => calls.push(clock.nowMs()));
    await clock.advance(10);
    expect(calls).toEqual([1050, 560]);
  });

  it('refuses to go backwards', async () => {
    const clock = createVirtualClock();
    await expect(clock.advance(-1)).rejects.toThrow(expect.objectContaining({ code: 'out-of-range' }));
    expect(() => createVirtualClock(NaN)).toThrow(expect.objectContaining({ code: 'out-of-range' }));
  });

  it('makes every call once, in order of time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(50), { maxLength: 30 }),
        fc.array(fc.nat(20), { minLength: 1, maxLength: 10 }),
        async (times, steps) => {
          const clock = createVirtualClock();
          const calls: number[] = [];
          times.forEach((atMs) => clock.schedule(atMs, () => calls.push(atMs)));
          for (const ms of steps) await clock.advance(ms);
          const nowMs = steps.reduce((sum, ms) => sum + ms, 0);
          expect(clock.nowMs()).toBe(nowMs);
          expect(calls).toEqual(times.filter((atMs) => atMs <= nowMs).sort((a, b) => a - b));
        },
      ),
      { numRuns: 50 },
    );
  });
});
