import { createCluster, parseShapeId, type Profile } from '@tetri/scheduler';
import { createSimulatedBackend } from '@tetri/scheduler/backends/simulated';
import type { ImageEngine, ImagePayload, Picture } from './image-engine.js';
import { drawSimulated } from './draw-simulated.js';

/** GPUs that are not there: they take the time of the profile, and draw pictures that say so. */
export function createSimulatedEngine(profile: Profile, gpus: number, switchMs = 2): ImageEngine {
  const simulated = createSimulatedBackend({ profile, cluster: createCluster(gpus), switchMs });
  const draw = async (payload: ImagePayload, shape: string, part: number): Promise<Picture> => {
    const { width, height } = parseShapeId(shape);
    const bytes = await drawSimulated(width, height, `${payload.seed} ${payload.prompt}`, part);
    return { contentType: 'image/png', width, height, bytes };
  };
  return {
    kind: 'simulated',
    profile,
    gpus,
    backend: {
      ...simulated,
      async finish(call) {
        const { payload, shape } = await simulated.finish(call);
        return draw(payload as ImagePayload, shape, 1);
      },
    },
    preview: draw,
  };
}
