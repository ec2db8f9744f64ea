import { crc32 } from 'node:zlib';
import { parseCsvRequests } from '../../src/cli/simulate/csv-requests.js';
import { builtinProfile, parseProfile } from '../../src/profile/index.js';
import { createJournalParser } from '../../src/scheduler/journal/journal-format.js';
import { parseGrid } from '../../src/simulation/evaluation/index.js';
import { parseRunLog, parseTrace } from '../../src/simulation/index.js';
import { run } from '../cli/run.js';

/** Reads a text of a format as the library does; throws if it is not of that format. By the names in `<!-- format: ... -->`. */
export const formats: Readonly<Record<string, (text: string) => unknown>> = {
  profile: (text) => parseProfile(JSON.parse(text)),
  trace: (text) => parseTrace(JSON.parse(text)),
  'run-log': (text) => parseRunLog(text),
  arrivals: (text) => parseCsvRequests('the page', text, builtinProfile('flux.1-dev_h100'), 28),
  grid: (text) => parseGrid(JSON.parse(text)),
  journal(text) {
    const parser = createJournalParser('the page', crc32);
    parser.push(text);
    const { records, tornBytes } = parser.end();
    if (records.length === 0 || tornBytes > 0) throw new Error(`${records.length} records, ${tornBytes} bytes cut off`);
  },
  'round-input': async (text) => {
    const { code, stderr } = await run(['plan'], { stdin: text });
    if (code !== 0) throw new Error(stderr);
  },
};
