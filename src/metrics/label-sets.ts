import { metricCatalog, type MetricName } from './catalog.js';
import { labelKey } from './label-key.js';
import type { MetricLabels } from './sink.js';

/** How many sets of labels of a metric are kept apart. */
const maxLabelSets = 1000;

/** What is kept for one set of labels. */
export interface LabelSet<T> {
  readonly labels: MetricLabels;
  readonly state: T;
}

/** Something for each set of labels of each metric, in bounded memory. */
export interface LabelSets<T> {
  /** What is kept for these labels; the same object each time. */
  stateOf(name: MetricName, labels: MetricLabels): T;
  /** All that was kept so far, by age, for those sets that have the given labels. */
  matching(name: MetricName, labels: MetricLabels): readonly LabelSet<T>[];
}

/** Whether a set of labels has all those that are asked for. */
export function hasLabels(labels: MetricLabels, wanted: MetricLabels): boolean {
  return Object.entries(wanted).every(([label, value]) => labels[label] === value);
}

/**
 * Nothing yet. After 1000 sets of labels of a metric, all further ones are kept together, with `other` for every label: clients may choose
 * labels, such as shapes, and totals stay right.
 *
 * @param start - what is kept for a new set of labels
 */
export function labelSets<T>(start: () => T): LabelSets<T> {
  const metrics = new Map<MetricName, Map<string, LabelSet<T>>>();
  return {
    stateOf(name, labels) {
      const sets = metrics.get(name) ?? new Map<string, LabelSet<T>>();
      metrics.set(name, sets);
      let set = sets.get(labelKey(name, labels));
      if (set === undefined) {
        const kept = sets.size < maxLabelSets ? labels : otherLabels(name);
        set = sets.get(labelKey(name, kept)) ?? { labels: { ...kept }, state: start() };
        sets.set(labelKey(name, kept), set);
      }
      return set.state;
    },
    matching(name, labels) {
      return [...(metrics.get(name)?.values() ?? [])].filter((set) => hasLabels(set.labels, labels));
    },
  };
}

function otherLabels(name: MetricName): MetricLabels {
  return Object.fromEntries(metricCatalog[name].labels.map((label) => [label, 'other']));
}
