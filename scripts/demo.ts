/** `npm run demo`: the paper's main experiment in a few seconds, and a timeline of it to look at. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runPolicy, type PolicyRun, type Setup } from '../src/cli/simulate/run-policy.js';
import { defaultShapes, mixes } from '../src/cli/simulate/mixes.js';
import { writeOutputs } from '../src/cli/simulate/outputs.js';
import { summaryTable } from '../src/cli/summary-table.js';
import { createCluster } from '../src/model/index.js';
import { createPolicy, policyNames } from '../src/policies/index.js';
import { builtinProfile } from '../src/profile/index.js';
import { createWorkload, paperSlo, poissonArrivals } from '../src/simulation/index.js';

const folder = 'demo-output';
const profile = builtinProfile('flux.1-dev_h100');
const cluster = createCluster(8);
const shapes = defaultShapes(profile);

function setupOf(mix: 'uniform' | 'skewed'): Setup {
  const trace = createWorkload({
    ...{ profile, requests: 300, steps: 28, seed: 1 },
    ...{ arrivals: poissonArrivals(12), mix: mixes[mix]!(shapes), slo: paperSlo(1) },
  });
  return { trace, profile, cluster, stepNoise: 0 };
}

console.log(`TetriServe, Horizon and the baselines: ${profile.model} on ${cluster.gpus.length} simulated GPUs.

The paper's default workload: 300 requests of 28 steps, 12 a minute (Poisson), for images of 256, 512, 1024 and 2048 pixels
squared, due after 1.5, 2, 3 and 5 seconds. What counts is how many are ready when they are due ("SLO met").
Step times are ${profile.source.kind}, not measured on an H100: compare policies by them, not machines.
`);

mkdirSync(folder, { recursive: true });
const problems: string[] = [];
for (const mix of ['uniform', 'skewed'] as const) {
  const setup = setupOf(mix);
  const runs = policyNames.map((name): PolicyRun =>
    runPolicy(createPolicy(name), setup, { clock: () => performance.now() }),
  );
  problems.push(...runs.flatMap((run) => run.problems));
  const what = mix === 'uniform' ? 'every size equally often' : 'large images more often';
  console.log(`The ${mix} mix: ${what}\n\n${summaryTable(runs.map(({ summary }) => summary))}`);
  for (const name of ['tetriserve', 'horizon']) {
    const { run } = runs.find(({ summary }) => summary.policy === name)!;
    const file = join(folder, `${name}-${mix}`);
    const paths = { log: `${file}.ndjson`, chromeTrace: `${file}.trace.json`, timeline: `${file}.html` };
    writeOutputs(paths, run, setup);
  }
}

if (problems.length === 0) {
  console.log(
    'Every plan was checked, and the shares of requests on time were computed once more from the run logs alone.\n',
  );
} else {
  console.error(problems.join('\n'));
  process.exitCode = 1;
}
console.log(`Open ${join(folder, 'horizon-skewed.html')} in a browser first: it shows which GPUs each request had, and which were late. Zoom in to a
few seconds: requests change their degree from step to step, and keep their GPUs where they can.

In ${folder}/ are the runs of tetriserve and horizon on both mixes: *.html, that page; *.ndjson, the run log; and *.trace.json, the same
timeline for https://ui.perfetto.dev or chrome://tracing.

The same from the command line: tetri simulate --policy all --workload skewed --timeline run.html`);
