import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const experiment = {
  ...{ id: 'small', title: 'Small', profile: 'flux.1-dev_h100', requests: 5, shapes: ['256x256'], seeds: [1] },
  ...{ rates: { unit: 'per-minute', values: [12] }, slo: { base: 'paper', scales: [1] }, bound: true },
  ...{ policies: ['edf'], charts: [{ show: 'attainment' }] },
};

/** Runs `tetri evaluate`, which starts threads and needs optional packages, on a small grid. */
function evaluate(project: string): {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  const grid = { schemaVersion: 1, title: 'Small', experiments: [experiment] };
  writeFileSync(join(project, 'grid.json'), JSON.stringify(grid));
  const options = { cwd: project, encoding: 'utf8' } as const;
  return spawnSync('npx', ['--no-install', 'tetri', 'evaluate', '--grid', 'grid.json'], options);
}

/** Fails unless it evaluates. */
export function evaluates(project: string): string {
  const { status, stdout, stderr } = evaluate(project);
  if (status !== 0) throw new Error(stdout + stderr);
  return stdout.split('\n')[0] ?? '';
}

/** Fails unless it says what is missing. */
export function saysWhatIsMissing(project: string): string {
  const { status, stdout, stderr } = evaluate(project);
  if (status === 0 || !stderr.includes('npm install echarts highs')) throw new Error(`${status}: ${stdout}${stderr}`);
  return stderr.trim();
}
