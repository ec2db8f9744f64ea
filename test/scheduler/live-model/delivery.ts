import type { Clock } from '../../../src/clock/index.js';
import type { CompleteRequest } from '../../../src/model/index.js';
import type { Asked } from './observer/states.js';
import { isUndeliverable } from './payload.js';

/** Takes artifacts in so much time, and some not at all. */
export function delivery(
  clock: Clock,
  tookMs: number,
  asked: (requestId: string) => Asked | undefined,
  violate: (what: string) => void,
): (artifact: unknown, request: CompleteRequest) => Promise<void> | void {
  return (_, { id }) => {
    const wanted = asked(id);
    if (wanted === undefined) violate(`${id} is delivered, and is not alive`);
    const isRefused = isUndeliverable(wanted?.payload);
    const error = new Error('nobody wants it');
    if (tookMs === 0) {
      if (isRefused) throw error;
      return;
    }
    return new Promise((resolve, reject) => {
      clock.schedule(clock.nowMs() + tookMs, () => (isRefused ? reject(error) : resolve()));
    });
  };
}
