import Table from 'cli-table3';
import type { Bench } from 'tinybench';
import { quantileSorted } from 'd3-array';

const inUs = (ms: number | undefined): string => ((ms ?? NaN) * 1000).toFixed(1);

/** Prints the median, the 95th and the 99th percentile of each task, in microseconds of one call. */
export function printTable(title: string, bench: Bench, notes: ReadonlyMap<string, string> = new Map()): void {
  const table = new Table({
    head: [title, 'median us', 'p95 us', 'p99 us', 'samples', ''],
    style: { head: [], border: [] },
  });
  for (const task of bench.tasks) {
    if (task.result.state !== 'completed') throw new Error(`${task.name}: ${task.result.state}`);
    const { latency } = task.result;
    const samples = [...(latency.samples ?? [])].sort((a, b) => a - b);
    table.push([
      task.name,
      inUs(quantileSorted(samples, 0.5)),
      inUs(quantileSorted(samples, 0.95)),
      inUs(quantileSorted(samples, 0.99)),
      String(latency.samplesCount),
      notes.get(task.name) ?? '',
    ]);
  }
  console.log(table.toString());
}
