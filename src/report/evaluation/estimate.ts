import { deviation, mean } from 'd3-array';

/** A mean, and the interval that holds the true one in 95 of 100 cases. */
export interface Estimate {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** How many values it was made of. With one there is no interval: `low` and `high` are the mean. */
  readonly count: number;
}

/**
 * Student's t at 0.975 for 1 to 30 degrees of freedom (NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2).
 */
const t975 = [
  ...[12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131],
  ...[2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042],
];

/**
 * The mean of values that were drawn independently, such as one a seed, with its 95 % confidence interval by Student's t. With one value
 * there is none: both ends are the mean. Above 31 values, the interval is that of 31, a little too wide.
 *
 * @param values - at least one
 */
export function estimate(values: readonly number[]): Estimate {
  const count = values.length;
  const middle = mean(values)!;
  const spread = count < 2 ? 0 : (t975[Math.min(count - 1, t975.length) - 1]! * deviation(values)!) / Math.sqrt(count);
  return { mean: middle, low: middle - spread, high: middle + spread, count };
}
