import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createByteQueue } from '../../../src/backends/cuda/protocol/byte-queue.js';

describe('a queue of bytes', () => {
  it('gives out what was put in, whatever pieces it came in and goes out in', () => {
    const action = fc.oneof(
      fc.uint8Array({ maxLength: 12 }).map((put) => ({ put })),
      fc.double({ min: 0, max: 1, noNaN: true }).map((share) => ({ share })),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const queue = createByteQueue();
        let expected: number[] = [];
        for (const one of actions) {
          if ('put' in one) {
            queue.put(one.put);
            expected.push(...one.put);
          } else {
            const count = Math.round(one.share * queue.length);
            expect([...queue.take(count)]).toEqual(expected.slice(0, count));
            expected = expected.slice(count);
          }
          expect(queue.length).toBe(expected.length);
        }
        expect([...queue.take(queue.length)]).toEqual(expected);
      }),
    );
  });

  it('does not change what it gave out', () => {
    const queue = createByteQueue();
    queue.put(Uint8Array.of(1, 2, 3));
    const first = queue.take(2);
    queue.put(Uint8Array.of(4, 5));
    queue.take(3);
    expect([...first]).toEqual([1, 2]);
  });

  it('gives out nothing of nothing', () => {
    expect(createByteQueue().take(0)).toHaveLength(0);
  });
});
