/**
 * How many GPUs for how many requests? Finds the fewest that meet 95 % of all deadlines, for several rates and two policies, and draws what it
 * found. `tetri capacity` answers for one rate; here the search is a function, `findCapacity()`, to be asked whatever you like.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { init } from 'echarts';
import { builtinProfile, createCluster, edf, horizon, type Policy } from '@tetri/scheduler';
import {
  createWorkload,
  findCapacity,
  gpuCountsUpTo,
  offeredGpus,
  paperSlo,
  poissonArrivals,
  simulate,
  skewedMix,
  summarize,
  type RunSummary,
} from '@tetri/scheduler/simulation';

const profile = builtinProfile('flux.1-dev_h100');
const mix = skewedMix(['256x256', '512x512', '1024x1024', '2048x2048']);

/** The fewest GPUs for so many requests a minute; `null` if 64 are not enough. */
export async function gpusFor(ratePerMin: number, policy: Policy): Promise<number | null> {
  const arrivals = poissonArrivals(ratePerMin);
  // A few minutes of one seed, so that it ends in seconds: ask for more requests, and take the mean over seeds, before you buy.
  const trace = createWorkload({ profile, requests: 50, steps: 28, seed: 1, arrivals, mix, slo: paperSlo(1.2) });
  const { gpus } = await findCapacity({
    target: 0.95,
    gpuCounts: gpuCountsUpTo(64, 8),
    expectedGpus: offeredGpus(trace, profile) / 0.8,
    measure(count): RunSummary {
      const cluster = createCluster(count, 8);
      return summarize(simulate({ trace, profile, cluster, policy }), trace, cluster);
    },
  });
  return gpus;
}

async function main(): Promise<void> {
  const ratesPerMin = [6, 18, 36];
  const policies = [edf(), horizon()];
  console.log(`requests a minute ${ratesPerMin.map((rate) => String(rate).padStart(4)).join('')}`);
  const lines: { readonly name: string; readonly gpus: readonly (number | null)[] }[] = [];
  for (const policy of policies) {
    const gpus = await Promise.all(ratesPerMin.map((rate) => gpusFor(rate, policy)));
    lines.push({ name: policy.name, gpus });
    console.log(
      `GPUs for ${policy.name.padEnd(8)} ${gpus.map((count) => String(count ?? '>64').padStart(4)).join('')}`,
    );
  }

  const chart = init(null, null, { renderer: 'svg', ssr: true, width: 640, height: 400 });
  chart.setOption({
    animation: false,
    legend: {},
    xAxis: { type: 'value', name: 'requests a minute', nameLocation: 'middle', nameGap: 28 },
    yAxis: { type: 'value', name: 'GPUs', minInterval: 8 },
    series: lines.map(({ name, gpus }) => ({
      ...{ type: 'line', name, step: 'start' },
      data: gpus.map((count, index) => [ratesPerMin[index], count]),
    })),
  });
  mkdirSync('demo-output', { recursive: true });
  writeFileSync('demo-output/capacity-planning.svg', chart.renderToSVGString());
  chart.dispose();
  console.log('Wrote demo-output/capacity-planning.svg');
}

// Not where it is imported by a test.
if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
