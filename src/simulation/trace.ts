import { list, record, schemaVersion, show } from '../model/check.js';
import { compareRequests, parseRequest, parseShapeId, TetriError, type GenerationRequest } from '../model/index.js';
import type { Profile } from '../profile/index.js';

/** Requests to replay. Version 1 of the schema. */
export interface Trace {
  /** Always 1. */
  readonly schemaVersion: 1;
  /** With unique ids; may be empty. {@link parseTrace} puts them in order of arrival. */
  readonly requests: readonly GenerationRequest[];
}

/**
 * Checks a trace, fills in the defaults of its requests and puts them in order of arrival, of equal arrivals in the total
 * order. Fields that the schema does not have are dropped. O(n log n).
 *
 * @param value - the trace as received
 * @param profile - if given, every shape must be one that it covers
 * @param path - where the trace stands, for the error
 * @throws `TetriError` `unsupported-schema-version`, `duplicate-request`, `invalid-shape`, `unknown-shape`, and what
 * `parseRequest()` throws
 */
export function parseTrace(value: unknown, profile?: Profile, path = ''): Trace {
  const fields = record(value, path);
  const at = path === '' ? '' : `${path}.`;
  const version = schemaVersion(fields['schemaVersion'], `${at}schemaVersion`);
  const seen = new Set<string>();
  const requests = list(fields['requests'], `${at}requests`).map((entry, index) => {
    const here = `${at}requests[${index}]`;
    const request = parseRequest(entry, here);
    if (seen.has(request.id)) {
      throw new TetriError('duplicate-request', `${show(request.id)} stands twice`, `${here}.id`, request.id);
    }
    seen.add(request.id);
    if (profile === undefined) parseShapeId(request.shape, `${here}.shape`);
    else profile.shape(request.shape, `${here}.shape`);
    return request;
  });
  return {
    schemaVersion: version,
    requests: requests.sort((a, b) => a.arrivalMs - b.arrivalMs || compareRequests(a, b)),
  };
}

/**
 * A trace as JSON text, one request a line, keys in a fixed order and defaults left out, ended by a newline: equal traces
 * are equal texts, and a change of one request is a change of one line. The inverse of {@link parseTrace}.
 */
export function formatTrace(trace: Trace): string {
  const lines = trace.requests.map(({ id, shape, steps, arrivalMs, deadlineMs, startStep, weight }) =>
    // JSON leaves out what is undefined.
    JSON.stringify({
      id,
      shape,
      steps,
      arrivalMs,
      deadlineMs,
      startStep: startStep === 0 ? undefined : startStep,
      weight: weight === 1 ? undefined : weight,
    }),
  );
  const requests = lines.length === 0 ? '' : `\n${lines.join(',\n')}\n`;
  return `{"schemaVersion":${trace.schemaVersion},"requests":[${requests}]}\n`;
}
