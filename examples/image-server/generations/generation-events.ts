import { Readable } from 'node:stream';
import { ApiError } from '../api-error.js';
import type { ImageEngine } from '../engines/image-engine.js';
import type { ImageOrder } from './image-order.js';
import { base64, type PictureAnswer } from './picture-answer.js';
import { serverEvent } from '../server-events.js';
import type { PictureHandle } from './submit-order.js';

/**
 * The events of an order, those of all pictures mixed as they happen: `image_generation.progress` of our own,
 * `image_generation.partial_image` and `image_generation.completed` of OpenAI's, each with the `index` of its picture. If a picture cannot be
 * had, one `error` event ends them all, and the other pictures are taken back. A client that reads slowly misses steps, and costs no memory.
 */
export function generationEvents(
  order: ImageOrder,
  handles: readonly PictureHandle[],
  engine: ImageEngine,
  answer: (handle: PictureHandle) => Promise<PictureAnswer>,
): Readable {
  async function* events(): AsyncGenerator<string> {
    try {
      yield* merge(handles.map((_, index) => eventsOf(order, handles, index, engine, answer)));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // One that is missing spoils the order.
      for (const handle of handles) void handle.cancel();
      yield serverEvent('error', JSON.stringify(error));
    }
  }
  return Readable.from(events());
}

/** What several say, as it comes, until all have ended or one has failed: then nothing of the others is heard any more. */
async function* merge<T>(sources: readonly AsyncGenerator<T, void>[]): AsyncGenerator<T, void> {
  const next = (source: AsyncGenerator<T, void>) => {
    const said = source.next().then((result) => ({ source, ...result }));
    // If it is over by then, nobody hears of it.
    said.catch(() => undefined);
    return said;
  };
  const coming = new Map(sources.map((source) => [source, next(source)]));
  while (coming.size > 0) {
    const { source, value, done } = await Promise.race(coming.values());
    // To the end of the line, so that one who has much to say does not keep the others from it.
    coming.delete(source);
    if (done === true) continue;
    coming.set(source, next(source));
    yield value;
  }
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
  yield event('completed', { ...(await answer(handle)), ...about() });
}
