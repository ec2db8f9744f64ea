import { basename, resolve } from 'node:path';
import { parseMeasurePlan, type CompleteMeasurePlan } from '../../measure/plan.js';
import { readVersion } from '../version.js';
import type { ProfileFlags } from './flags.js';
import type { Surroundings } from './surroundings.js';
import { worldSizeOf } from './world-size.js';

/**
 * What the flags ask to be measured.
 *
 * @throws `TetriError` for shapes that are none
 */
export function measurePlanOf(flags: ProfileFlags, { date, processor, host }: Surroundings): CompleteMeasurePlan {
  const { backend, model, shapes, degrees, batches, steps, warmup } = flags;
  const workers = worldSizeOf(flags);
  return parseMeasurePlan({
    model: flags.name ?? (model.path === undefined ? model.adapter : basename(resolve(model.path))),
    accelerator: flags.accelerator ?? (backend === 'cpu' ? processor : 'CUDA GPU'),
    source: {
      by: `tetri profile ${readVersion()}`,
      note: `${date}, ${workers} ${backend} ${workers === 1 ? 'worker' : 'workers'} on ${host}.`,
    },
    ...{ shapes, degrees, batchSizes: batches, steps, warmupSteps: warmup },
  });
}
