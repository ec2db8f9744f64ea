import type { CompleteRequest } from '@tetri/scheduler';
import type { RandomSource } from '../../../src/simulation/random.js';
import { drawChance, drawOne, drawWhole } from '../../../src/testing/draws.js';
import type { Payload } from './lines.js';
import { largeShape, smallShape } from './profile.js';

/** A request, what it carries along, and whether its client takes it back, and when. */
export interface Draw {
  readonly request: CompleteRequest;
  readonly payload: Payload;
  readonly cancelAfterMs: number | undefined;
}

/**
 * A request that arrives now. Most take some ten milliseconds; some take so long that they hardly ever end between two kills, and meet
 * one after the other.
 */
export function drawRequest(random: RandomSource, id: string, nowMs: number, knowsLarge: boolean): Draw {
  const isLong = drawChance(random, 0.1);
  const shape = knowsLarge && !isLong && drawChance(random, 0.4) ? largeShape : smallShape;
  const steps = isLong ? drawWhole(random, 50, 150) : drawWhole(random, 1, 8);
  const startStep = drawChance(random, 0.2) ? drawWhole(random, 0, steps - 1) : 0;
  const deadlineMs = nowMs + drawWhole(random, 50, 2500);
  const flaw = drawChance(random, 0.04) ? drawOne(random, ['poisonous', 'undeliverable'] as const) : 'none';
  return {
    request: { id, shape, steps, arrivalMs: nowMs, deadlineMs, startStep, weight: drawWhole(random, 1, 3) },
    payload: { prompt: `ein Käfer, ${id}`, flaw },
    cancelAfterMs: drawChance(random, 0.06) ? drawOne(random, [0, 0, drawWhole(random, 1, 50)]) : undefined,
  };
}
