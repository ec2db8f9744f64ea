import { format, parse, resolve } from 'node:path';
import { chromeTrace, timelinePage } from '../../report/index.js';
import { formatRunLog, type SimulationRun } from '../../simulation/index.js';
import { checkWritable, writeText } from '../files.js';
import { InputError } from '../input-error.js';
import type { SimulateFlags } from './flags.js';
import type { Setup } from './run-policy.js';

/** The files that one run leaves behind. */
export interface OutputPaths {
  readonly log: string | undefined;
  readonly chromeTrace: string | undefined;
  readonly timeline: string | undefined;
}

/** Those that are asked for. */
export function filesOf({ log, chromeTrace, timeline }: OutputPaths): readonly string[] {
  return [log, chromeTrace, timeline].filter((path) => path !== undefined);
}

/**
 * The files of each policy, after a check that they can be written and that no file is in the way of another.
 *
 * With one policy the names are used as they are; with several, `run.ndjson` becomes `run.tetriserve.ndjson`.
 */
export function outputPaths(
  flags: Pick<SimulateFlags, 'log' | 'chromeTrace' | 'timeline' | 'trace' | 'profile'>,
  policies: readonly string[],
): ReadonlyMap<string, OutputPaths> {
  const nameFor = (path: string | undefined, policy: string): string | undefined =>
    path === undefined || policies.length === 1 ? path : insertBeforeExtension(path, policy);
  const paths = new Map(
    policies.map((policy) => [
      policy,
      {
        log: nameFor(flags.log, policy),
        chromeTrace: nameFor(flags.chromeTrace, policy),
        timeline: nameFor(flags.timeline, policy),
      },
    ]),
  );
  const taken = new Set([flags.trace, flags.profile].flatMap((path) => (path === undefined ? [] : [resolve(path)])));
  for (const path of [...paths.values()].flatMap(filesOf)) {
    if (taken.has(resolve(path))) throw new InputError(`${JSON.stringify(path)} is used for two things`);
    taken.add(resolve(path));
    checkWritable(path);
  }
  return paths;
}

function insertBeforeExtension(path: string, part: string): string {
  const { dir, root, name, ext } = parse(path);
  return format({ dir, root, name: `${name}.${part}`, ext });
}

/** Writes the files of a run. */
export function writeOutputs(paths: OutputPaths, run: SimulationRun, { trace, cluster, profile }: Setup): void {
  const { policy, log, records } = run;
  const { model, accelerator, source } = profile;
  const options = { trace, cluster, records, about: { policy, model, accelerator, 'step times': source.kind } };
  writeIfAsked(paths.log, () => formatRunLog(log));
  writeIfAsked(paths.chromeTrace, () => chromeTrace(log, options));
  writeIfAsked(paths.timeline, () => timelinePage(log, options));
}

function writeIfAsked(path: string | undefined, format: () => string): void {
  if (path !== undefined) writeText(path, orTooLarge(path, format));
}

/** A text has at most about half a billion characters. */
function orTooLarge(path: string, format: () => string): string {
  try {
    return format();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InputError(`cannot write ${JSON.stringify(path)}: the run is too long for one file`, { cause: error });
  }
}
