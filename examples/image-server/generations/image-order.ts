import { randomInt, randomUUID } from 'node:crypto';
import type { SubmittedRequest } from '@tetri/scheduler/scheduler';
import { ApiError } from '../api-error.js';
import type { ImagePayload } from '../engines/image-engine.js';
import { seeds, weights, type GenerationBody } from './generation-body.js';
import { checkModel } from '../routes/models.js';
import type { ServerContext } from '../server-context.js';

/** What a client ordered: a request for each picture. */
export interface ImageOrder {
  readonly requests: readonly { readonly request: SubmittedRequest; readonly payload: ImagePayload }[];
  readonly shape: string;
  readonly format: 'url' | 'b64_json';
  /** Rough pictures on the way, for each picture. */
  readonly partialImages: number;
}

/** @throws `ApiError` 400 or 404 for what cannot be made */
export function readOrder(body: GenerationBody, arrivalMs: number, { settings, sizes }: ServerContext): ImageOrder {
  const { engine, steps, sloScale, maxRequests, admit } = settings;
  const { prompt, model, n = 1, size, stream = false, partial_images: partialImages = 0, priority = 'normal' } = body;
  if (model !== undefined) checkModel(model, engine.profile.model);
  if (n > maxRequests) throw new ApiError(400, 'invalid_value', `'n' must be <= ${maxRequests}`, 'n');
  const shape = sizes.read(size);
  const fastestMs = sizes.fastestMs(shape);
  const sloMs = body.slo_ms ?? fastestMs * sloScale;
  if (admit === 'feasible' && sloMs < fastestMs) {
    const message = `'slo_ms' must be at least ${Math.ceil(fastestMs)} for ${shape}: it is not made faster than that`;
    throw new ApiError(400, 'deadline_unattainable', message, 'slo_ms');
  }
  const id = randomUUID();
  const seed = body.seed ?? randomInt(seeds);
  return {
    requests: Array.from({ length: n }, (_, index) => ({
      request: {
        id: `${id}-${index}`,
        shape,
        steps,
        arrivalMs,
        deadlineMs: arrivalMs + sloMs,
        weight: weights[priority],
      },
      payload: { prompt, seed: (seed + index) % seeds },
    })),
    shape,
    format: body.response_format ?? (stream ? 'b64_json' : 'url'),
    partialImages: engine.preview === undefined ? 0 : partialImages,
  };
}
