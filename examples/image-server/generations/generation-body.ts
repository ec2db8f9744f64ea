import Type, { type Static } from 'typebox';

/** The most pictures that one call may ask for. */
const maxPictures = 10;
/** The longest prompt, in UTF-16 code units. */
const maxPromptLength = 4000;

/** How many seeds there are: from 0 on. */
export const seeds = 2 ** 32;

/** Weights of priorities in the scheduler: where not all deadlines can be met, those are that weigh most together. */
export const weights = { low: 0.25, normal: 1, high: 4 } as const;

/**
 * The body of `POST /v1/images/generations`: OpenAI's fields, as far as they mean something here, and `slo_ms`, `priority` and `seed` of our own.
 * Other fields are ignored.
 */
export const GenerationBody = Type.Object({
  prompt: Type.String({ pattern: '\\S', maxLength: maxPromptLength }),
  model: Type.Optional(Type.String()),
  n: Type.Optional(Type.Integer({ minimum: 1, maximum: maxPictures })),
  /** Such as `1024x1024`, or `auto`. */
  size: Type.Optional(Type.String({ maxLength: 20 })),
  response_format: Type.Optional(Type.Enum(['url', 'b64_json'])),
  stream: Type.Optional(Type.Boolean()),
  partial_images: Type.Optional(Type.Integer({ minimum: 0, maximum: 3 })),
  /** How long it may take, in ms; also the header `x-slo-ms`. */
  slo_ms: Type.Optional(Type.Number({ minimum: 1, maximum: 3_600_000 })),
  /** Also the header `x-priority`. */
  priority: Type.Optional(Type.Enum(['low', 'normal', 'high'])),
  /** The same seed gives the same picture; that of the n-th picture is n - 1 more, and 0 follows the largest. */
  seed: Type.Optional(Type.Integer({ minimum: 0, maximum: seeds - 1 })),
});

export type GenerationBody = Static<typeof GenerationBody>;

/** Moves what stands in headers into the body, and drops `null`, which means a default in OpenAI's API. Before the body is checked. */
export function completeBody(body: unknown, headers: Readonly<Record<string, unknown>>): void {
  if (typeof body !== 'object' || body === null) return;
  const fields = body as Record<string, unknown>;
  for (const [name, value] of Object.entries(fields)) if (value === null) fields[name] = undefined;
  if (headers['x-slo-ms'] !== undefined) fields['slo_ms'] ??= Number(headers['x-slo-ms']);
  if (headers['x-priority'] !== undefined) fields['priority'] ??= headers['x-priority'];
}
