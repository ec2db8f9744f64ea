import { spawnSync } from 'node:child_process';

/** What the workers of the tests run on: `npm run test:cuda` says GPUs, everything else the CPU. */
export const device = process.env['TETRI_TEST_DEVICE'] === 'cuda' ? 'cuda' : 'cpu';

/** Workers that there can be: one for each GPU; as many as are wanted on the CPU. */
export function mostWorkers(): number {
  if (device === 'cpu') return Infinity;
  const { stdout } = spawnSync('nvidia-smi', ['--list-gpus'], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line.startsWith('GPU ')).length;
}
