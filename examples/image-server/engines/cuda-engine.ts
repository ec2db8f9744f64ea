import type { Profile } from '@tetri/scheduler';
import { createCudaBackend, type CudaModel } from '@tetri/scheduler/backends/cuda';
import type { ImageEngine } from './image-engine.js';

/** A model that PyTorch workers run: one for each GPU, or on the CPU. */
export function createCudaEngine(
  device: 'cuda' | 'cpu',
  profile: Profile,
  workers: number,
  model: CudaModel,
  onLog: (line: string, gpu: number) => void,
): ImageEngine {
  const backend = createCudaBackend({
    ...{ model, device, worldSize: workers, onLog },
    ...(device === 'cpu' ? { threads: 1 } : {}),
  });
  return { kind: device, profile, gpus: workers, backend };
}
