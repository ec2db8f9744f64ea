import type { TestProject } from 'vitest/node';

/** Once a run, so that a failure can be replayed. */
export default function printSeed(project: TestProject): void {
  console.log(
    `fast-check seed: ${project.config.env['FC_SEED']} (replay with FC_SEED=${project.config.env['FC_SEED']} npm test)`,
  );
}
