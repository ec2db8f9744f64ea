import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';

/** The tests of this folder look at what is published, so build it first. If that fails, so do they, and only they. */
export default function build(): void {
  const { status } = spawnSync('npm', ['exec', '--silent', 'tsup'], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) rmSync('dist', { recursive: true, force: true });
}
