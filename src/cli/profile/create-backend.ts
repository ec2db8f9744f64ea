import type { Backend } from '../../backends/index.js';
import { createCudaBackend, type CudaModel, type CudaPayload } from '../../backends/cuda/index.js';
import { TetriError } from '../../model/index.js';
import { InputError, parseInput } from '../input-error.js';
import type { ProfileFlags } from './flags.js';
import { worldSizeOf } from './world-size.js';

/**
 * The workers that the flags ask for, not started yet.
 *
 * @param onLog - told of every line that a worker writes
 */
export function createBackendOf(flags: ProfileFlags, onLog: (line: string) => void): Backend<CudaPayload> {
  const { backend: device, model, python, batches } = flags;
  return parseInput('--model', () => {
    try {
      const maxBatchSize = Math.max(...batches);
      return createCudaBackend({
        // The backend knows which adapters there are.
        model: { ...model, options: { maxBatchSize } } as CudaModel,
        ...{ device, onLog, worldSize: worldSizeOf(flags), maxBatchSize },
        ...(python !== undefined && { python }),
      });
    } catch (error) {
      if (!TetriError.isInstance(error) || error.path !== 'model.path') throw error;
      const { adapter } = model;
      throw new InputError(`--model ${adapter} needs the folder with the weights: --model ${adapter}:PATH`);
    }
  });
}
