import { seconds } from './words.js';

/**
 * @typedef {{ isDone: boolean, message: string, param?: string | undefined }} Outcome `param` names the field that is wrong, if one is.
 */

/**
 * The sizes that the server has measured; `auto` where it does not say.
 *
 * @returns {Promise<readonly string[]>}
 */
export async function fetchSizes() {
  try {
    /** @type {unknown} */
    const answer = await (await fetch('/v1/models')).json();
    const { data } = /** @type {{ data: { sizes: string[] }[] }} */ (answer);
    const sizes = data.flatMap((model) => model.sizes);
    return sizes.length === 0 ? ['auto'] : sizes;
  } catch {
    return ['auto'];
  }
}

/**
 * Asks for a picture, waits for it, and puts into words how that went.
 *
 * @param {{ prompt: string, size: string, sloMs: number | undefined }} wish
 * @returns {Promise<Outcome>}
 */
export async function askForPicture({ prompt, size, sloMs }) {
  const startMs = performance.now();
  try {
    const response = await fetch('/v1/images/generations', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      // The page shows the picture when the live state tells of it; it need not come twice.
      body: JSON.stringify({ prompt, size, slo_ms: sloMs, response_format: 'url' }),
    });
    if (response.ok) return { isDone: true, message: `Done after ${seconds(performance.now() - startMs)}.` };
    return explain(response.status, response.headers.get('retry-after'), await readError(response));
  } catch {
    return { isDone: false, message: 'The server could not be reached. Please try again.' };
  }
}

/**
 * @param {Response} response
 * @returns {Promise<{ message?: string, param?: string | null }>} Empty where a proxy, say, answers in a form of its own.
 */
async function readError(response) {
  try {
    /** @type {unknown} */
    const body = await response.json();
    return /** @type {{ error?: { message?: string, param?: string | null } }} */ (body).error ?? {};
  } catch {
    return {};
  }
}

/**
 * @param {number} status
 * @param {string | null} retryAfter Seconds.
 * @param {{ message?: string, param?: string | null }} error
 * @returns {Outcome}
 */
function explain(status, retryAfter, { message, param }) {
  const what =
    status === 429
      ? 'The server is too busy to meet this deadline'
      : status === 503
        ? 'The server takes no requests at the moment'
        : status < 500
          ? 'The server did not accept this'
          : 'The server failed to make this picture';
  const why = message === undefined ? '' : `: ${message.replace(/\.$/, '')}`;
  const waitS = Number(retryAfter ?? Number.NaN);
  const again = waitS > 0 ? ` Please try again in ${seconds(waitS * 1000).replace('.0', '')}.` : '';
  return { isDone: false, message: `${what}${why}.${again}`, param: param ?? undefined };
}
