import { spawnSync } from 'node:child_process';

/** Runs `tetri capacity`, which starts threads and draws with an optional package. Fails unless it writes its chart. */
export function plansCapacity(project: string): string {
  const argv = ['capacity', '--requests', '5', '--shapes', '256x256', '--jobs', '2', '--chart', 'capacity.svg'];
  const options = { cwd: project, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync('npx', ['--no-install', 'tetri', ...argv], options);
  if (status !== 0 || !stdout.includes('Wrote capacity.svg')) throw new Error(`${status}: ${stdout}${stderr}`);
  return stdout.split('\n')[0] ?? '';
}
