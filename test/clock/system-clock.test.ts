import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/clock/index.js';

describe('the system clock', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
  afterEach(() => void vi.useRealTimers());

  it('counts from 1970', () => {
    vi.useRealTimers();
    expect(Math.abs(systemClock().nowMs() - Date.now())).toBeLessThan(5000);
  });

  it('calls back at a time, never before', () => {
    const clock = systemClock();
    const start = clock.nowMs();
    const calls: number[] = [];
    clock.schedule(start + 10.5, () => calls.push(clock.nowMs() - start));
    vi.advanceTimersByTime(10);
    expect(calls).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(calls).toHaveLength(1);
    expect(calls[0]).toBeGreaterThanOrEqual(10.5 - 1e-3);
    vi.advanceTimersByTime(1000);
    expect(calls).toHaveLength(1);
  });

  it('calls back soon where the time has passed, and never at once', () => {
    const clock = systemClock();
    const calls: string[] = [];
    clock.schedule(clock.nowMs() - 5, () => calls.push('past'));
    clock.schedule(-Infinity, () => calls.push('for ever'));
    expect(calls).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(calls).toEqual(['past', 'for ever']);
  });

  it('takes calls back, also after they were made', () => {
    const clock = systemClock();
    const calls: number[] = [];
    const cancel = clock.schedule(clock.nowMs() + 5, () => calls.push(1));
    const cancelLater = clock.schedule(clock.nowMs() + 6, () => calls.push(2));
    cancel();
    vi.advanceTimersByTime(10);
    cancelLater();
    cancel();
    expect(calls).toEqual([2]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('waits longer than timers can', () => {
    const clock = systemClock();
    const calls: number[] = [];
    const farMs = 2 ** 31 + 1000;
    const cancel = clock.schedule(clock.nowMs() + farMs, () => calls.push(1));
    vi.advanceTimersByTime(2 ** 31);
    expect(calls).toEqual([]);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(1000);
    expect(calls).toEqual([1]);
    cancel();
  });
});
