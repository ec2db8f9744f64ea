import type { GaugeName } from './catalog.js';
import { labelKey } from './label-key.js';
import type { GaugeReading } from './sink.js';

/** Which gauges count something, so that those of several schedulers can be added up; the others are ratios, which cannot. */
const counts: Readonly<Record<GaugeName, boolean>> = {
  requests: true,
  requests_late: true,
  gpus: true,
  slo_attainment: false,
  step_drift: false,
  gpu_slowdown: false,
};

/** Whether a gauge counts something; it is a ratio otherwise. */
export function isCount(name: GaugeName): boolean {
  return counts[name];
}

/** The gauges of the schedulers that share a sink. */
export interface GaugeSources {
  /** Takes in one more scheduler. */
  readonly add: (read: () => readonly GaugeReading[]) => void;
  /** One reading for each gauge and set of labels: counts added up over the schedulers, ratios of the one that came last. */
  readonly read: () => readonly GaugeReading[];
}

/** No schedulers yet. */
export function gaugeSources(): GaugeSources {
  const sources: (() => readonly GaugeReading[])[] = [];
  return {
    add(read) {
      sources.push(read);
    },
    read() {
      const merged = new Map<string, GaugeReading>();
      for (const reading of sources.flatMap((read) => read())) {
        const key = `${reading.name} ${labelKey(reading.name, reading.labels)}`;
        const before = isCount(reading.name) ? (merged.get(key)?.value ?? 0) : 0;
        merged.set(key, { ...reading, value: before + reading.value });
      }
      return [...merged.values()];
    },
  };
}
