import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCluster } from '../../../src/model/index.js';
import { createPolicy } from '../../../src/policies/index.js';
import { builtinProfile } from '../../../src/profile/index.js';
import { timelinePage, type ReportOptions } from '../../../src/report/index.js';
import type { PageData } from '../../../src/report/timeline/page-data.js';
import {
  createWorkload,
  paperSlo,
  poissonArrivals,
  simulate,
  skewedMix,
  type ChunkRecord,
  type RunLog,
} from '../../../src/simulation/index.js';

/** The data as a browser would see it: all that stands before the first end tag. */
function dataOf(page: string): PageData {
  const [, rest = ''] = page.split('<script type="application/json" id="run">');
  return JSON.parse(rest.slice(0, rest.indexOf('</script'))) as PageData;
}

const encode = (log: RunLog, options: ReportOptions): PageData => dataOf(timelinePage(log, options));

const request = { shape: '256x256', steps: 4, arrivalMs: 0, deadlineMs: 100 };
const requests = ['a', 'b'].map((id) => ({ ...request, id }));
const trace = { schemaVersion: 1, requests } as const;
const cluster = createCluster(4, 2);
const chunk: ChunkRecord = {
  ...{ requestIds: ['a', 'b'], gpus: [3, 2], degree: 2 },
  ...{ startMs: 1.5, endMs: 100.00049, steps: 4, fromSteps: [0, 0] },
};

test('a chunk has its lanes, requests, steps and times to the microsecond', () => {
  const { chunks, groups, gpus } = encode([chunk], { trace, cluster });
  expect(gpus).toEqual({ id: [0, 1, 2, 3], domain: [0, 0, 1, 1] });
  expect(groups).toEqual([[2, 3]]);
  expect(chunks).toEqual({
    ...{ startMs: [1.5], endMs: [100], requests: [[0, 1]], group: [0], degree: [2], steps: [4] },
    ...{ fromSteps: [[0, 0]], stage: [1], cut: [''] },
  });
});

test('late by less than a microsecond is late', () => {
  expect(encode([chunk], { trace, cluster }).requests).toMatchObject({ completedMs: [100, 100], isLate: [1, 1] });
});

test('how requests ended is said in words', () => {
  const records = [
    { requestId: 'a', status: 'completed', endMs: 100, onTime: true },
    { requestId: 'b', status: 'failed', endMs: 50, onTime: false, reason: 'gpu-lost' },
  ] as const;
  const { ending, isLate, completedMs } = encode([], { trace, cluster, records }).requests;
  expect({ ending, isLate, completedMs }).toEqual({
    ending: ['completed', 'failed: gpu-lost'],
    isLate: [0, 1],
    completedMs: [100, null],
  });
});

test('GPUs are in order of domain, then id', () => {
  const gpus = [0, 1, 2, 3].map((id) => ({ id, domain: id % 2 }));
  expect(encode([chunk], { trace, cluster: { gpus } })).toMatchObject({
    gpus: { id: [0, 2, 1, 3], domain: [0, 0, 1, 1] },
    groups: [[1, 3]],
  });
});

test('requests and GPUs that nobody knows do no harm', () => {
  const strange = { ...chunk, requestIds: ['x'], gpus: [3, 9], stage: 'decode', cut: 'gpu-lost' } as const;
  const { requests: known, groups, chunks } = encode([strange], { trace, cluster });
  expect(known).toMatchObject({ id: ['a', 'b', 'x'], arrivalMs: [0, 0, null], isLate: [1, 1, 0] });
  expect({ groups, ...chunks }).toMatchObject({ groups: [[3]], requests: [[2]], stage: [2], cut: ['gpu-lost'] });
});

test('facts that JSON has no word for are written as JavaScript does, and those that are undefined are left out', () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);
  const about = { seed: undefined, count: 5n, list: [1, 'a'], none: null, symbol: Symbol('s'), cycle };
  expect(encode([], { trace, cluster, about }).facts).toEqual([
    ['count', '5'],
    ['list', '[1,"a"]'],
    ['none', 'null'],
    ['symbol', 'Symbol(s)'],
    ['cycle', ''],
  ]);
});

describe('whatever stands in ids and facts', () => {
  const hostile = [
    ...['</script><script>alert(1)</script>', '<!--<script>', '"\'`&<>', '\u2028\u2029', ']]>', '\ud800', '$&$1'],
  ];

  test.each(hostile)('%j stays data', (id) => {
    expectData(id);
  });

  test('any text stays data', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...hostile));
    fc.assert(fc.property(text, (id) => expectData(id)));
  });

  const plain = timelinePage([], { trace, cluster, about: { policy: 'x' } });
  const elements = (page: string): number => page.match(/<[a-z!/]/gi)?.length ?? 0;

  function expectData(id: string): void {
    const named = { ...trace, requests: [{ ...request, id }, requests[1]!] };
    const page = timelinePage([], { trace: named, cluster, about: { policy: id } });
    const data = dataOf(page);
    expect([data.requests.id[0], data.facts]).toEqual([id, [['policy', id]]]);
    expect(elements(page)).toBe(elements(plain));
    expect(/[\u2028\u2029]/.test(page.split('id="run">')[1] ?? '')).toBe(false);
  }
});

test('only its own script and style may run, and nothing may be fetched', () => {
  const page = timelinePage([], { trace, cluster });
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? '';
  const hash = (text = ''): string => createHash('sha256').update(text).digest('base64');
  const script = /<script>([^]*?)<\/script>/.exec(page)?.[1];
  const style = /<style>([^]*?)<\/style>/.exec(page)?.[1];
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain(`script-src 'sha256-${hash(script)}';`);
  expect(policy).toContain(`style-src 'sha256-${hash(style)}';`);
});

test('the late ones of a run are those of its records, and the data is small', () => {
  const profile = builtinProfile('flux.1-dev_h100');
  const drawn = createWorkload({
    ...{ profile, requests: 150, steps: 20, seed: 4, arrivals: poissonArrivals(30) },
    ...{ mix: skewedMix(['256x256', '1024x1024', '2048x2048']), slo: paperSlo() },
  });
  const wide = createCluster(8);
  const { log, records } = simulate({ trace: drawn, profile, cluster: wide, policy: createPolicy('horizon') });
  const data = encode(log, { trace: drawn, cluster: wide, records });
  expect(data.requests.isLate).toEqual(records.map(({ onTime }) => (onTime ? 0 : 1)));
  expect(data.requests.isLate).toContain(1);
  expect(JSON.stringify(data.chunks).length / log.length).toBeLessThan(60);
});
