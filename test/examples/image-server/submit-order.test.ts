import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { ImageOrder } from '../../../examples/image-server/generations/image-order.js';
import { createSubmitOrder } from '../../../examples/image-server/generations/submit-order.js';
import type { ServerContext } from '../../../examples/image-server/server-context.js';
import type { RequestOutcome } from '../../../src/scheduler/index.js';

type Verdict = 'accepted' | RequestOutcome;

/**
 * A service whose scheduler says of one request after the other what it is told to; 32 places, of which some are taken. A 2048x2048 takes nine
 * times the GPU time of a 256x256, and twice as long.
 */
function serviceThat(verdicts: Verdict[], active = 0) {
  const submitted: string[] = [];
  const cancelled: string[] = [];
  const scheduler = {
    nowMs: () => 0,
    quote: () => ({ earliestFinishMs: 5000 }),
    status: () => ({ waiting: active, running: 0, decoding: 0 }),
    submit: (request: { id: string }) => {
      const verdict = verdicts[submitted.length]!;
      submitted.push(request.id);
      return {
        ...{ id: request.id, request },
        accepted: Promise.resolve(verdict === 'accepted'),
        outcome: verdict === 'accepted' ? new Promise(() => undefined) : Promise.resolve(verdict),
        cancel: () => void cancelled.push(request.id),
      };
    },
  };
  const board = { follow: vi.fn(), refuse: vi.fn() };
  const sizes = {
    fastestMs: (shape: string) => (shape === '2048x2048' ? 200 : 100),
    leastGpuTimeMs: (shape: string) => (shape === '2048x2048' ? 900 : 100),
  };
  const context = { settings: { maxRequests: 32 }, service: { accepting: () => scheduler }, sizes, board };
  const submitOrder = createSubmitOrder(context as unknown as ServerContext);
  const submit = (order: ImageOrder, { signal } = new AbortController()) => submitOrder(order, signal);
  return { submit, submitted, cancelled, board };
}

let orders = 0;
/** An order with 1000 ms of slack. */
function order(shape = '256x256', n = 1): ImageOrder {
  const id = `order-${orders++}`;
  const deadlineMs = shape === '2048x2048' ? 1200 : 1100;
  const requests = Array.from({ length: n }, (_, index) => ({
    request: { id: `${id}-${index}`, shape, steps: 28, deadlineMs },
    payload: { prompt: 'a lighthouse', seed: index },
  }));
  return { requests, shape, format: 'url', partialImages: 0 };
}

const refused = (reason: 'deadline-infeasible' | 'out-of-memory' | 'draining' | 'backend-lost'): Verdict => ({
  status: 'refused',
  reason,
  detail: 'why',
});

describe('an order', () => {
  test('whose last picture is refused takes the others back at once', async () => {
    const { submit, cancelled } = serviceThat(['accepted', 'accepted', refused('deadline-infeasible')]);
    const three = order('256x256', 3);
    await expect(submit(three)).rejects.toMatchObject({ statusCode: 429, code: 'deadline_infeasible' });
    expect(cancelled).toEqual(expect.arrayContaining(three.requests.slice(0, 2).map(({ request }) => request.id)));
  });

  test('for which there are too few places is refused before any of it is submitted', async () => {
    const { submit, submitted, board } = serviceThat(['accepted', 'accepted'], 30);
    await expect(submit(order('256x256', 3))).rejects.toMatchObject({ statusCode: 429, code: 'too_many_requests' });
    expect(submitted).toEqual([]);
    expect(board.refuse).toHaveBeenCalledExactlyOnceWith(3);
    expect(await submit(order('256x256', 2))).toHaveLength(2);
  });

  test('is submitted when the one before it is through, not in between', async () => {
    const { submit, submitted } = serviceThat(['accepted', 'accepted', 'accepted', 'accepted']);
    const both = [order('256x256', 2), order('256x256', 2)];
    await Promise.all(both.map((one) => submit(one)));
    expect(submitted).toEqual(both.flatMap(({ requests }) => requests.map(({ request }) => request.id)));
  });
});

test('an order whose client goes while it waits for its turn is not submitted', async () => {
  const { submit, submitted } = serviceThat(['accepted', 'accepted']);
  const gone = new AbortController();
  const [first, second] = [submit(order()), submit(order(), gone)];
  gone.abort();
  await expect(second).rejects.toMatchObject({ statusCode: 499 });
  expect(await first).toHaveLength(1);
  expect(submitted).toHaveLength(1);
});

describe('after an order that would have been late', () => {
  test.each([
    ['the same', '2048x2048', 2],
    ['one of more pictures', '2048x2048', 3],
  ])('%s is refused unasked, for the same reason', async (_, shape, n) => {
    const { submit, submitted } = serviceThat([refused('deadline-infeasible'), 'accepted', 'accepted', 'accepted']);
    slowly();
    await expect(submit(order('2048x2048', 2))).rejects.toMatchObject({ statusCode: 429 });
    await expect(submit(order(shape, n))).rejects.toMatchObject({ statusCode: 429, code: 'deadline_infeasible' });
    expect(submitted).toHaveLength(1);
  });

  test.each([
    ['one of a smaller shape', '256x256', 2],
    ['one of fewer pictures', '2048x2048', 1],
  ])('%s is asked for', async (_, shape, n) => {
    const { submit } = serviceThat([refused('deadline-infeasible'), 'accepted', 'accepted']);
    slowly();
    await expect(submit(order('2048x2048', 2))).rejects.toMatchObject({ statusCode: 429 });
    expect(await submit(order(shape, n))).toHaveLength(n);
  });
});

test.each<[string, Verdict, number]>([
  ['cancelled', { status: 'cancelled' }, 499],
  ['refused for lost GPUs', refused('backend-lost'), 503],
  ['refused for a stop', refused('draining'), 503],
  ['refused for memory', refused('out-of-memory'), 429],
  ['failed', { status: 'failed', reason: 'unservable', detail: 'why' }, 500],
])('an order that is %s shuts nobody else out', async (_, verdict, statusCode) => {
  const { submit } = serviceThat([verdict, 'accepted']);
  slowly();
  await expect(submit(order())).rejects.toMatchObject({ statusCode });
  expect(await submit(order())).toHaveLength(1);
});

/** Each look at the clock takes 10 ms, so that the gate is still shut, if it is, when the next order comes. */
function slowly(): void {
  let nowMs = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (nowMs += 10));
  onTestFinished(() => clock.mockRestore());
}
