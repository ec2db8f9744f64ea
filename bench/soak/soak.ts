/**
 * Tens of thousands of requests at several times the capacity, on virtual time, while everything goes wrong that can: nothing may be
 * lost, nothing may run twice, and memory may not grow.
 *
 * `--requests N` (default 20 000), `--load X` (default 3), `--fault-every MS` of virtual time (default 3000; `Infinity` for none),
 * `--seed N` (default: a new one, printed), and names of policies (default `horizon tetriserve edf`). Exits with 1 if anything is not as it should be. Needs `node --expose-gc`.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { runSoak, type SoakReport } from './overload/run.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    requests: { type: 'string', default: '20000' },
    load: { type: 'string', default: '3' },
    'fault-every': { type: 'string', default: '3000' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
  },
});
const requests = Number(values.requests);
const policies = positionals.length > 0 ? positionals : ['horizon', 'tetriserve', 'edf'];
/** How much larger the heap may be in the end than halfway. */
const tolerance = 0.05;

let unhandled = 0;
process.on('unhandledRejection', (reason) => {
  unhandled++;
  console.error('unhandled rejection:', reason);
});

const inMb = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;

function print(policy: string, { tally, heap, seconds, virtualSeconds }: SoakReport): void {
  const { half, end, closed } = heap;
  console.log(`\n${policy}: ${requests} requests in ${seconds.toFixed(1)} s (${(requests / seconds).toFixed(0)}/s),`);
  console.log(`${(virtualSeconds / 60).toFixed(0)} minutes of virtual time`);
  for (const [name, count] of tally.entries()) console.log(`${String(count).padStart(9)}  ${name}`);
  console.log(`heap: ${inMb(half)} halfway, ${inMb(end)} in the end, ${inMb(closed)} when closed;`);
  console.log(`${((2 * (end - half)) / requests).toFixed(0)} bytes a request\n`);
}

console.log(`seed ${values.seed}`);
const problems: string[] = [];
for (const policy of policies) {
  const options = {
    ...{ policy, seed: Number(values.seed), load: Number(values.load) },
    faultEveryMs: Number(values['fault-every']),
    onProgress: (line: string) => console.log(line),
  };
  // Compiled code and its statistics grow for some ten thousand requests, and would look like a leak.
  await runSoak({ ...options, requests: requests / 2, seed: options.seed + 1, onProgress: () => undefined });
  const report = await runSoak({ ...options, requests });
  print(policy, report);
  const { half, end } = report.heap;
  problems.push(...report.violations.map((violation) => `${policy}: ${violation}`));
  if (end > half * (1 + tolerance)) problems.push(`${policy}: the heap grew from ${inMb(half)} to ${inMb(end)}`);
}
if (unhandled > 0) problems.push(`${unhandled} unhandled rejections`);
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
