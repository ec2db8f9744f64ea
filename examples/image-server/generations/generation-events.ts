import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ApiError } from '../api-error.js';
import type { ImageEngine } from '../engines/image-engine.js';
import type { ImageOrder } from './image-order.js';
import { base64, type PictureAnswer } from './picture-answer.js';
import { serverEvent } from '../server-events.js';
import type { PictureHandle } from './submit-order.js';

/**
 * The events of an order, those of all pictures mixed as they happen: `image_generation.progress` of our own,
 * `image_generation.partial_image` and `image_generation.completed` of OpenAI's, each with the `index` of its picture; `error` at last if
 * there is no picture. A client that reads slowly misses steps, and costs no memory.
 */
export function generationEvents(
  order: ImageOrder,
  handles: readonly PictureHandle[],
  engine: ImageEngine,
  answer: (handle: PictureHandle) => Promise<PictureAnswer>,
): Readable {
  const all = new PassThrough();
  all.setMaxListeners(0);
  const each = handles.map((_, index) =>
    pipeline(eventsOf(order, handles, index, engine, answer), all, { end: false }),
  );
  Promise.all(each).then(
    () => all.end(),
    (error: unknown) => all.destroy(error as Error),
  );
  return all;
}

async function* eventsOf(
  { requests, shape, partialImages }: ImageOrder,
  handles: readonly PictureHandle[],
  index: number,
  { preview }: ImageEngine,
  answer: (handle: PictureHandle) => Promise<PictureAnswer>,
): AsyncGenerator<string> {
  const handle = handles[index]!;
  const { payload } = requests[index]!;
  const event = (kind: string, fields: object): string => {
    const type = `image_generation.${kind}`;
    return serverEvent(type, JSON.stringify({ type, index, ...fields }));
  };
  const about = () => ({
    ...{ created_at: Math.floor(Date.now() / 1000), size: shape },
    ...{ output_format: 'png', quality: 'auto', background: 'opaque' },
  });

  let partials = 0;
  for await (const progress of handle.progress) {
    const { status } = progress;
    const run = status === 'running' ? progress : undefined;
    const placed = run && { degree: run.degree, gpus: run.gpus, steps_done: run.stepsDone, steps: run.steps };
    yield event('progress', { status, ...placed });
    if (run === undefined || preview === undefined || partials === partialImages) continue;
    if (run.stepsDone / run.steps < (partials + 1) / (partialImages + 1)) continue;
    const b64_json = base64(await preview(payload, shape, run.stepsDone / run.steps));
    yield event('partial_image', { partial_image_index: partials++, b64_json, ...about() });
  }
  try {
    yield event('completed', { ...(await answer(handle)), ...about() });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // One that is missing spoils the order.
    for (const other of handles) void other.cancel();
    yield serverEvent('error', JSON.stringify(error));
  }
}
