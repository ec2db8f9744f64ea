import { fileURLToPath } from 'node:url';
import type { CudaModel } from '@tetri/scheduler/backends/cuda';
import type { Flags } from '../flags.js';
import { createCudaEngine } from './cuda-engine.js';
import type { ImageEngine } from './image-engine.js';
import { readProfile } from './read-profile.js';
import { createSimulatedEngine } from './simulated-engine.js';

/** The small model of this repository, and what its steps cost where it was measured. */
const small = {
  model: `shapes:${fileURLToPath(new URL('../../../models/shapes-dit', import.meta.url))}`,
  profile: fileURLToPath(new URL('shapes-dit_cpu.json', import.meta.url)),
};

/** The engine that the flags ask for. */
export async function createEngine(flags: Flags, onLog: (line: string, gpu: number) => void): Promise<ImageEngine> {
  const { backend, gpus, profile } = flags;
  if (backend === 'simulated') {
    const { speed = 1 } = flags;
    return createSimulatedEngine(await readProfile(profile ?? 'flux.1-dev_h100', speed), gpus ?? 8, 2 / speed);
  }
  if (flags.speed !== undefined) throw new Error('--speed is for simulated GPUs: others are as fast as they are');
  const model = flags.model ?? (backend === 'cpu' ? small.model : undefined);
  if (model === undefined) throw new Error('--backend cuda needs --model, such as flux:/models/FLUX.1-dev');
  const known = profile ?? (backend === 'cpu' ? small.profile : undefined);
  if (known === undefined) throw new Error('--backend cuda needs --profile: measure one by `tetri profile`');
  const workers = gpus ?? (backend === 'cpu' ? 2 : 8);
  return createCudaEngine(backend, await readProfile(known), workers, parseModel(model), onLog);
}

function parseModel(text: string): CudaModel {
  const [adapter, ...path] = text.split(':');
  // The backend says which adapters there are.
  return { adapter: adapter as CudaModel['adapter'], ...(path.length === 0 ? {} : { path: path.join(':') }) };
}
