import { PNG } from 'pngjs';
import type { CudaArtifact } from '../../../src/backends/cuda/index.js';

/** The largest difference of two pictures in any channel of any pixel, of 255; `Infinity` for pictures of unequal size. */
export function differenceOf(a: CudaArtifact, b: CudaArtifact): number {
  const [one, other] = [a, b].map(({ bytes }) => PNG.sync.read(Buffer.from(bytes)));
  if (one!.width !== other!.width || one!.height !== other!.height) return Infinity;
  return one!.data.reduce((worst, value, index) => Math.max(worst, Math.abs(value - other!.data[index]!)), 0);
}
