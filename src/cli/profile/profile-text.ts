import type { StepProfile } from '../../profile/index.js';

/** More digits than any clock is good for. */
const digits = 6;

/** A profile as its file has it. */
export function profileText(profile: StepProfile): string {
  const round = (_: string, value: unknown): unknown =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(digits)) : value;
  return `${JSON.stringify(profile, round, 2)}\n`;
}
