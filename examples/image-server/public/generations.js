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
  try {
    const response = await fetch('/v1/images/generations', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      // The page shows the picture when the live state tells of it; it need not come twice.
      body: JSON.stringify({ prompt, size, slo_ms: sloMs, response_format: 'url' }),
    });
    if (response.ok) return { isDone: true, message: await describe(response) };
    return explain(response.status, response.headers.get('retry-after'), await readError(response));
  } catch {
    return { isDone: false, message: 'The server could not be reached. Please try again.' };
  }
}

/** @param {Response} response */
async function describe(response) {
  /** @type {unknown} */
  const body = await response.json();
  const [picture] = /** @type {{ data: { latency_ms: number, on_time: boolean }[] }} */ (body).data;
  if (picture === undefined) return 'Done.';
  return `Done after ${seconds(picture.latency_ms)}, ${picture.on_time ? 'on time' : 'late'}.`;
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
  const usual =
    status === 429
      ? 'the server is too busy'
      : status === 503
        ? 'the server takes no requests at the moment'
        : status < 500
          ? 'something is wrong with it'
          : 'the server could not make this picture';
  // Fields are called here as they are on the page.
  const why = (message ?? usual).replace(/\.$/, '').replaceAll("'slo_ms'", 'the SLO in ms');
  // Overload is nobody's mistake.
  const isMistake = status < 500 && status !== 429;
  const what = isMistake ? `This was not accepted: ${why}.` : `${why.charAt(0).toUpperCase()}${why.slice(1)}.`;
  const waitS = Number(retryAfter ?? Number.NaN);
  const again = waitS > 0 ? ` Please try again in ${waitS} s.` : '';
  return { isDone: false, message: what + again, param: param ?? undefined };
}
