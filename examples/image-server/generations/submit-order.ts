import type { RequestHandle } from '@tetri/scheduler/scheduler';
import type { Picture } from '../engines/image-engine.js';
import type { ImageOrder } from './image-order.js';
import { outcomeError } from './outcome-error.js';
import { createRetryAfter } from './retry-after.js';
import type { ServerContext } from '../server-context.js';

export type PictureHandle = RequestHandle<Picture>;

/** Submits orders. */
export type SubmitOrder = (order: ImageOrder, signal: AbortSignal) => Promise<readonly PictureHandle[]>;

/**
 * Makes what submits orders, all or nothing: if one of the requests is refused, the others are taken back.
 *
 * It throws `ApiError` 429 if there is too much to do, and 503 if nothing is taken.
 */
export function createSubmitOrder({ service, sizes, board }: ServerContext): SubmitOrder {
  let retryAfter: ReturnType<typeof createRetryAfter> | undefined;
  return async ({ requests }, signal) => {
    const scheduler = service.accepting();
    retryAfter ??= createRetryAfter(scheduler, (shape) => sizes.fastestMs(shape));
    const handles = requests.map(({ request, payload }) => {
      const handle = scheduler.submit(request, { payload, signal });
      board.follow(handle, payload.prompt);
      return handle;
    });
    const accepted = await Promise.all(handles.map((handle) => handle.accepted));
    const refused = handles[accepted.indexOf(false)];
    if (refused === undefined) return handles;
    for (const handle of handles) void handle.cancel();
    const outcome = await refused.outcome;
    if (outcome.status === 'completed') throw new Error(`${refused.id} was not accepted, and is complete`);
    throw outcomeError(outcome, () => retryAfter!(requests.at(-1)!.request));
  };
}
