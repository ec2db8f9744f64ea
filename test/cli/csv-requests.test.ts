import { describe, expect, test } from 'vitest';
import { parseCsvRequests } from '../../src/cli/simulate/csv-requests.js';
import { builtinProfile } from '../../src/profile/index.js';
import { formatTrace, type Trace } from '../../src/simulation/index.js';
import { run, temporaryFile } from './run.js';

const profile = builtinProfile('flux.1-dev_h100');

function read(text: string): ReturnType<typeof parseCsvRequests> {
  return parseCsvRequests('log.csv', text, profile, 28);
}

describe('a request', () => {
  test('has defaults for all but its time and its shape', () => {
    expect(read('arrivalMs,shape\n500,512x512\n')).toEqual({
      requests: [
        { line: 2, id: 'line-2', shape: '512x512', steps: 28, weight: 1, arrivalMs: 0, deadlineMs: undefined },
      ],
      unread: [],
    });
  });

  test('has what stands in its columns, whatever their order', () => {
    const { requests } = read('weight,steps,height,width,id,sloMs,arrivalMs\n2,50,768,1024,a,1500.5,1000\n');
    expect(requests).toEqual([
      { line: 2, id: 'a', shape: '1024x768', steps: 50, weight: 2, arrivalMs: 0, deadlineMs: 1500.5 },
    ]);
  });

  test('has defaults for fields that are empty', () => {
    const { requests } = read('id,arrivalMs,shape,width,height,steps,sloMs\n,7,,512,512,,\n');
    expect(requests).toEqual([
      { line: 2, id: 'line-2', shape: '512x512', steps: 28, weight: 1, arrivalMs: 0, deadlineMs: undefined },
    ]);
  });

  test('may be a video', () => {
    const video = builtinProfile('hunyuanvideo_l20');
    const { id, width, height, frames } = video.shapes[0]!;
    const text = `arrivalMs,width,height,frames\n0,${width},${height},${frames}\n`;
    expect(parseCsvRequests('log.csv', text, video, 28).requests[0]!.shape).toBe(id);
  });
});

test('times count from the first arrival, which need not come first', () => {
  const { requests } = read(
    'arrivalMs,shape,deadlineMs\n1700000001000,256x256,1700000004000\n1700000000250,256x256,\n',
  );
  expect(requests.map(({ arrivalMs, deadlineMs }) => [arrivalMs, deadlineMs])).toEqual([
    [750, 3750],
    [0, undefined],
  ]);
});

test('dates are of ISO 8601, and of UTC unless they say otherwise', () => {
  const dates = [
    '2026-11-02T09:15:00Z',
    '2026-11-02 09:15:00.250',
    '2026-11-02T10:15:01+01:00',
    '2026-11-02 04:15-0500',
  ];
  const { requests } = read(
    `timestamp,shape,deadline\n${dates.map((date) => `${date},256x256,2026-11-02T09:16Z`).join('\n')}`,
  );
  expect(requests.map(({ arrivalMs }) => arrivalMs)).toEqual([0, 250, 1000, 0]);
  expect(new Set(requests.map(({ deadlineMs }) => deadlineMs))).toEqual(new Set([60_000]));
});

test('columns of another clock may be there, if they are empty', () => {
  const { requests, unread } = read('arrivalMs,timestamp,shape,deadlineMs,deadline\n5,,256x256,905,\n');
  expect(requests).toMatchObject([{ arrivalMs: 0, deadlineMs: 900 }]);
  expect(unread).toEqual([]);
});

test('29 February is a date in leap years', () => {
  const { requests } = read('timestamp,shape\n2028-02-29T23:59:59Z,256x256\n2028-03-01T00:00:00Z,256x256\n');
  expect(requests.map(({ arrivalMs }) => arrivalMs)).toEqual([0, 1000]);
});

test('columns without a name may be several', () => {
  expect(read('arrivalMs,shape,,\n0,256x256,,\n').requests).toHaveLength(1);
});

test('quotes, a byte order mark, CRLF, spaces and empty lines are no trouble; other columns are named', () => {
  const { requests, unread } = read('\uFEFFarrivalMs,prompt, shape\r\n\r\n0,"a ""lighthouse"",\nat dusk", 256x256\r\n');
  expect(requests).toMatchObject([{ shape: '256x256', arrivalMs: 0 }]);
  expect(unread).toEqual(['prompt']);
});

describe('tetri simulate --trace log.csv', () => {
  test('takes the options for what the file does not say', async () => {
    const file = temporaryFile('arrivalMs,shape,steps,user\n0,256x256,,ann\n100,1024x1024,12,bob\n', 'log.csv');
    const { code, stdout, stderr } = await run(['simulate', '--trace', file, '--steps', '9', '--slo-scale', '1.5']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`2 requests of ${file}\n`);
    expect(stdout).toContain('Columns that were not read: user\n');
    expect(stdout).toContain("Deadlines that it does not give (--slo-base paper): the paper's SLO x 1.5\n");
  });

  test('says what the same trace says as JSON', async () => {
    const csv = temporaryFile('arrivalMs,shape,steps,sloMs\n0,256x256,20,1500\n40,2048x2048,20,4000\n', 'log.csv');
    const trace: Trace = {
      schemaVersion: 1,
      requests: [
        { id: 'line-2', shape: '256x256', steps: 20, arrivalMs: 0, deadlineMs: 1500 },
        { id: 'line-3', shape: '2048x2048', steps: 20, arrivalMs: 40, deadlineMs: 4040 },
      ],
    };
    const json = temporaryFile(formatTrace(trace), 'log.json');
    const ofCsv = await run(['simulate', '--json', '--trace', csv]);
    expect(ofCsv.stdout).toBe((await run(['simulate', '--json', '--trace', json])).stdout);
    expect(ofCsv.code).toBe(0);
  });
});
