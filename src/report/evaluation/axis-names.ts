import { ascending } from 'd3-array';
import type { Axis, Experiment, PolicyChoice, Setting } from '../../simulation/evaluation/index.js';

/**
 * Where a run stands on an axis.
 *
 * @param option - what the axis `option` is of, or empty. If there is one, policies that differ in nothing else are one policy
 */
export function positionOn(axis: Axis, option: string, { policy, ...setting }: Setting): number | string {
  if (axis === 'policy') return option === '' ? policy.label : policyWithout(option, policy);
  if (axis === 'option') return (policy.options as Readonly<Record<string, number>>)[option]!;
  return setting[axis];
}

/** The name of a policy, with all of its options but one. */
function policyWithout(option: string, { name, options }: PolicyChoice): string {
  const others = Object.entries(options).flatMap(([key, value]) => (key === option ? [] : [`${key} ${String(value)}`]));
  return others.length === 0 ? name : `${name} (${others.sort(ascending).join(', ')})`;
}

/** What an axis is called, with its unit. */
export function axisName(axis: Axis, option: string, { slo, rates }: Experiment): string {
  switch (axis) {
    case 'mix':
      return 'mix of shapes';
    case 'rate':
      return { 'per-minute': 'requests a minute', 'per-minute-and-gpu': 'requests a minute and GPU', load: 'load' }[
        rates.unit
      ];
    case 'sloScale':
      return slo.base === 'paper' ? "SLO scale (times the paper's deadlines)" : 'SLO scale (times the fastest latency)';
    case 'gpus':
      return 'GPUs';
    case 'stepCv':
      return 'coefficient of variation of a step';
    case 'slowdown':
      return 'step time over that of the profile';
    case 'policy':
      return 'policy';
    case 'option':
      return option;
  }
}

/** A position in words that stand alone. */
export function inWords(axis: Axis, value: number | string, { rates }: Experiment): string {
  switch (axis) {
    case 'mix':
      return /^\d/.test(String(value)) ? String(value) : `${value} mix`;
    case 'rate':
      return rates.unit === 'load' ? `load ${value}` : `${value}/min${rates.unit === 'per-minute' ? '' : ' and GPU'}`;
    case 'sloScale':
      return `SLO x ${value}`;
    case 'gpus':
      return `${value} GPUs`;
    case 'stepCv':
      return value === 0 ? 'steps as measured' : `steps vary by ${Number((Number(value) * 100).toPrecision(12))} %`;
    case 'slowdown':
      return value === 1 ? 'profile right' : `steps x ${value}`;
    case 'policy':
    case 'option':
      return String(value);
  }
}
