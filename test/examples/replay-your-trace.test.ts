import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { sampleLog } from '../../examples/replay-your-trace/generate.js';
import { readLog } from '../../examples/replay-your-trace/index.js';
import { parseCsvRequests } from '../../src/cli/simulate/csv-requests.js';
import { builtinProfile } from '../../src/profile/index.js';

const profile = builtinProfile('flux.1-dev_h100');
const log = readFileSync('examples/replay-your-trace/arrivals.csv', 'utf8');

describe('examples/replay-your-trace', () => {
  test('has a log that is what its generator writes', () => {
    expect(sampleLog()).toBe(log);
  });

  test('reads the log as the command does, but for names and the first moment', () => {
    const [first] = readLog(log, profile).requests;
    const requests = readLog(log, profile).requests.map(({ shape, steps, arrivalMs, deadlineMs }) => ({
      ...{ shape, steps, arrivalMs: arrivalMs - first!.arrivalMs, deadlineMs: deadlineMs - first!.arrivalMs },
    }));
    expect(requests.length).toBeGreaterThan(100);
    expect(parseCsvRequests('arrivals.csv', log, profile, 28).requests).toMatchObject(requests);
  });

  test.each([
    ['yesterday,512,512,28,1500', 'requests[0].arrivalMs'],
    ['2026-11-02T09:00:00Z,512,,28,1500', 'requests[0].shape'],
    ['2026-11-02T09:00:00Z,512,512,many,1500', 'requests[0].steps'],
    ['2026-11-02T09:00:00Z,512,512,28,-5', 'requests[0].deadlineMs'],
  ])('refuses %s', (line, path) => {
    const text = `timestamp,width,height,steps,sloMs\n${line}\n`;
    expect(() => readLog(text, profile)).toThrow(expect.objectContaining({ path }) as Error);
  });
});
