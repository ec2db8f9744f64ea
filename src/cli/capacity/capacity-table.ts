import { formatTable } from '../table.js';
import type { PolicyCapacity } from './search.js';

/**
 * What each policy needs, a line each, for people. What needs more than there is, is shown on the most that there is; a single seed is not
 * shown as the worst of them.
 */
export function capacityTable(capacities: readonly PolicyCapacity[]): string {
  const hasSeeds = capacities.some(({ trials }) => trials.some(({ measured }) => measured.attainments.length > 1));
  const worst = hasSeeds ? ['worst\nseed'] : [];
  const head = ['policy', 'GPUs\nneeded', 'SLO met', ...worst, 'GPUs\nin use', 'one size smaller'];
  const rows = capacities.map(({ policy, gpus, trials }) => {
    const index = gpus === null ? trials.length - 1 : trials.findIndex((trial) => trial.gpus === gpus);
    const { gpus: shown, measured } = trials[index]!;
    const smaller = gpus === null ? undefined : trials[index - 1];
    return [
      policy,
      gpus === null ? `over ${shown}` : String(gpus),
      percent(measured.sloAttainment),
      ...(hasSeeds ? [percent(measured.lowestAttainment)] : []),
      percent(measured.gpuUtilization),
      smaller === undefined ? '-' : `${smaller.gpus}: ${percent(smaller.measured.sloAttainment)}`,
    ];
  });
  return formatTable(head, rows, true);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
