import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { sampleLog } from '../../examples/replay-your-trace/generate.js';
import { readLog } from '../../examples/replay-your-trace/index.js';
import { parseCsvRequests } from '../../src/cli/simulate/csv-requests.js';
import { builtinProfile } from '../../src/profile/index.js';

const profile = builtinProfile('flux.1-dev_h100');
const log = readFileSync('examples/replay-your-trace/arrivals.csv', 'utf8');
const head = 'timestamp,width,height,steps,sloMs';

afterEach(() => {
  vi.unstubAllEnvs();
});

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

  test('reads dates as the command does, in every time zone', () => {
    vi.stubEnv('TZ', 'America/New_York');
    // Else the zone of the machine would make no difference.
    expect(new Date(0).getTimezoneOffset()).toBe(300);
    const dates = ['2026-11-01T00:00:00Z', '2026-11-01 05:00+0100', '2026-11-01T05:00', '2026-11-01 05:00:00.250'];
    const text = `${head}\n${dates.map((date) => `${date},512,512,28,1500`).join('\n')}\n`;
    const arrivals = readLog(text, profile).requests.map(({ arrivalMs }) => arrivalMs - Date.UTC(2026, 10, 1));
    expect(arrivals).toEqual([0, 14_400_000, 18_000_000, 18_000_250]);
    const { requests } = parseCsvRequests('log.csv', text, profile, 28);
    expect(requests.map(({ arrivalMs }) => arrivalMs)).toEqual(arrivals);
  });

  test.each([
    ['2026-02-30T09:00:00Z,512,512,28,1500', 'requests[0].arrivalMs'],
    ['2026-13-01T09:00:00Z,512,512,28,1500', 'requests[0].arrivalMs'],
    ['02/11/2026 09:15,512,512,28,1500', 'requests[0].arrivalMs'],
    ['2026-11-02T09:00:00Z,512,512,,1500', 'requests[0].steps'],
    ['2026-11-02T09:00:00Z,512,512,28,', 'requests[0].deadlineMs'],
    ['2026-11-02T09:00:00Z,512,512,28,0', 'requests[0].deadlineMs'],
    ['2026-11-02T09:00:00Z,512,512,28,2s', 'requests[0].deadlineMs'],
    ['yesterday,512,512,28,1500', 'requests[0].arrivalMs'],
    ['2026-11-02T09:00:00Z,512,,28,1500', 'requests[0].shape'],
    ['2026-11-02T09:00:00Z,512,512,many,1500', 'requests[0].steps'],
    ['2026-11-02T09:00:00Z,512,512,28,-5', 'requests[0].deadlineMs'],
  ])('refuses %s', (line, path) => {
    const text = `${head}\n${line}\n`;
    expect(() => readLog(text, profile)).toThrow(expect.objectContaining({ path }) as Error);
  });
});
