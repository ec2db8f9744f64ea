import { demand } from './expectations.js';
import type { Trial } from './trial.js';

/** The smallest degree that the shape runs at. */
export function smallest({ declared }: Trial): number {
  return Math.min(...declared.degrees);
}

/** The largest one. */
export function largest({ declared }: Trial): number {
  return Math.max(...declared.degrees);
}

/** Groups of so many GPUs, each within a domain, no GPU in two of them; default: of the smallest degree. */
export function groups(trial: Trial, degree: number = smallest(trial)): readonly (readonly number[])[] {
  const { gpus } = trial.description().cluster;
  return [...new Set(gpus.map(({ domain }) => domain))].flatMap((domain) => {
    const own = gpus.filter((gpu) => gpu.domain === domain).map(({ id }) => id);
    const count = Math.floor(own.length / degree);
    return Array.from({ length: count }, (_, index) => own.slice(index * degree, (index + 1) * degree));
  });
}

/** One of these groups. */
export function group(trial: Trial, index = 0, degree: number = smallest(trial)): readonly number[] {
  const one = groups(trial, degree).at(index);
  demand(one !== undefined, `the suite needs ${index + 1} groups of ${degree} GPUs, each within a domain, to try this`);
  return one;
}

/** The first GPU of a group: where its requests are encoded and decoded. */
export function first(gpus: readonly number[]): number {
  return gpus[0]!;
}
