import { describe, expect, test } from 'vitest';
import type { Quote } from '../../../src/scheduler/index.js';
import { createRetryAfter } from '../../../examples/image-server/generations/retry-after.js';

/** A scheduler that says when a request would be complete, and counts how often it was asked. */
function quoting(earliestFinishMs: number | null) {
  const scheduler = {
    now: 0,
    asked: 0,
    nowMs: () => scheduler.now,
    quote: () => {
      scheduler.asked++;
      return { earliestFinishMs } as Quote;
    },
  };
  return scheduler;
}

const fastestMs = (shape: string): number => (shape === 'small' ? 1000 : 5000);
const request = (shape: string, deadlineMs: number) => ({ id: 'a', shape, steps: 1, deadlineMs });

describe('Retry-After', () => {
  test('is by how much it would be late', () => {
    expect(createRetryAfter(fastestMs)(quoting(9500), request('small', 3000))).toBe(7);
  });

  test('is what is ahead where there are too many, whatever the deadline', () => {
    expect(createRetryAfter(fastestMs)(quoting(22_000), request('small', 1e6), 'too_many_requests')).toBe(21);
  });

  test('is at least a second, and a minute where nobody knows', () => {
    expect(createRetryAfter(fastestMs)(quoting(2000), request('small', 3000))).toBe(1);
    expect(createRetryAfter(fastestMs)(quoting(null), request('small', 3000))).toBe(60);
    expect(createRetryAfter(fastestMs)(quoting(1e9), request('small', 3000))).toBe(60);
  });

  test('holds one quote a second against all', () => {
    const scheduler = quoting(9500);
    const retryAfterS = createRetryAfter(fastestMs);
    // 8.5 s are ahead of anybody.
    expect(retryAfterS(scheduler, request('small', 3000))).toBe(7);
    expect(retryAfterS(scheduler, request('small', 6000))).toBe(4);
    expect(retryAfterS(scheduler, request('large', 6000))).toBe(8);
    expect(scheduler.asked).toBe(1);
    scheduler.now = 1001;
    retryAfterS(scheduler, request('small', 3000));
    expect(scheduler.asked).toBe(2);
  });
});
