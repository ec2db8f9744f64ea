import { positive } from '../model/check.js';
import { TetriError } from '../model/index.js';
import type { ShapeTimes } from '../profile/index.js';

/**
 * A rule for deadlines: how long after its arrival a request is due, in ms.
 *
 * @param times - what its shape costs
 * @param steps - the denoising steps it asks for
 */
export type SloRule = (times: ShapeTimes, steps: number) => number;

/** The paper's base SLO by shape, in ms after arrival (TetriServe section 6). */
export const paperBaseSloMs: Readonly<Record<string, number>> = {
  '256x256': 1500,
  '512x512': 2000,
  '1024x1024': 3000,
  '2048x2048': 5000,
};

/**
 * The paper's SLOs: {@link paperBaseSloMs} times a scale, whatever the steps. They were set for FLUX.1-dev on eight H100;
 * for other models, accelerators and shapes there is {@link fastestSlo}.
 *
 * @param scale - above 0, default 1; the paper goes from 1.0 to 1.5
 * @returns a rule that throws `TetriError` `unknown-shape` for a shape without an SLO in the paper
 * @throws `TetriError` `invalid-type`, `out-of-range`
 */
export function paperSlo(scale = 1): SloRule {
  positive(scale, 'scale');
  return ({ id }) => {
    const baseMs = paperBaseSloMs[id];
    if (baseMs === undefined) {
      const known = Object.keys(paperBaseSloMs).join(', ');
      throw new TetriError('unknown-shape', `the paper has no SLO for ${id}, only for ${known}`, '', id);
    }
    return baseMs * scale;
  };
}

/**
 * Due after so many times the fastest possible latency: encoding, every step at the fastest degree, and decoding, alone on
 * the cluster. Works for any profile.
 *
 * @param factor - above 0; below 1 no request can be on time
 * @throws `TetriError` `invalid-type`, `out-of-range`
 */
export function fastestSlo(factor: number): SloRule {
  positive(factor, 'factor');
  return ({ encodeMs, minStepMs, decodeMs }, steps) => (encodeMs + steps * minStepMs + decodeMs) * factor;
}
