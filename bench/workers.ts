import Table from 'cli-table3';
import { createCudaBackend, type CudaBackend } from '../src/backends/cuda/index.js';

/** Image tokens of the small model by shape: those of FLUX at 256, 512 and 1024 pixels. */
const shapes = { '64x64': 256, '128x128': 1024, '256x256': 4096 } as const;
type ShapeId = keyof typeof shapes;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** A request that is driven by hand. */
async function drive(backend: CudaBackend, shape: ShapeId) {
  const requestId = `of ${shape}`;
  const { signal } = new AbortController();
  let stepsDone = 0;
  const payload = { prompt: 'a large red circle at the center on a plain blue background', seed: 1 };
  await backend.prepare({ requestId, shape, steps: 400, startStep: 0, payload, gpu: 0, signal });
  return {
    /** Runs steps on GPUs; what they took, on the GPUs and between call and answer, in ms. */
    async run(gpus: readonly number[], steps = 1) {
      const startMs = performance.now();
      const result = await backend.run({ members: [{ requestId, fromStep: stepsDone }], steps, gpus, signal });
      stepsDone += result.steps;
      return { gpuMs: result.durationMs!, wallMs: performance.now() - startMs };
    },
    release: () => backend.release(requestId),
  };
}

/**
 * `npm run bench:workers`: the small model on two CPU workers of one thread each. What a second GPU brings, and what a change of degree, a
 * move and the way between scheduler and worker cost.
 */
async function benchWorkers(): Promise<void> {
  const backend = createCudaBackend({
    ...{ model: { adapter: 'shapes', path: 'models/shapes-dit' }, device: 'cpu', worldSize: 2, threads: 1 },
  });
  await backend.open(() => undefined);
  const table = new Table({
    head: ['tokens', 'degree 1', 'degree 2', 'speed-up', 'control', 'change', 'move', 'change / step'],
    style: { head: [], border: [] },
  });
  try {
    for (const [shape, tokens] of Object.entries(shapes) as [ShapeId, number][]) {
      const request = await drive(backend, shape);
      const count = tokens > 2000 ? 7 : 25;
      const times = async (groups: readonly (readonly number[])[]) => {
        const all = [];
        for (let at = 0; at < count * groups.length; at++) all.push(await request.run(groups[at % groups.length]!));
        // The first ones warm caches up.
        return all.slice(groups.length);
      };
      const one = await times([[0]]);
      const two = await times([[0, 1]]);
      const changing = await times([[0], [0, 1]]);
      const moving = await times([[0], [1]]);
      const aside = (all: readonly { gpuMs: number; wallMs: number }[]): number =>
        median(all.map(({ gpuMs, wallMs }) => wallMs - gpuMs));
      const [stepMs, stepTwoMs] = [median(one.map(({ gpuMs }) => gpuMs)), median(two.map(({ gpuMs }) => gpuMs))];
      const control = aside(one);
      table.push([
        ...[String(tokens), stepMs.toFixed(1), stepTwoMs.toFixed(1), (stepMs / stepTwoMs).toFixed(2)],
        ...[control, aside(changing) - control, aside(moving) - control].map((ms) => ms.toFixed(2)),
        `${(((aside(changing) - control) / stepMs) * 100).toFixed(2)} %`,
      ]);
      await request.release();
    }
  } finally {
    await backend.close();
  }
  console.log('\nsteps of the small model on two CPU workers, one thread each; medians, ms\n');
  console.log(table.toString());
}

await benchWorkers();
