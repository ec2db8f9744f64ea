import { describe, expect, test } from 'vitest';
import { createCluster } from '../../src/model/index.js';
import { createPolicy } from '../../src/policies/index.js';
import { builtinProfile } from '../../src/profile/index.js';
import { chromeTrace, type ReportOptions } from '../../src/report/index.js';
import {
  createWorkload,
  paperSlo,
  poissonArrivals,
  simulate,
  uniformMix,
  type ChunkRecord,
  type RunLog,
} from '../../src/simulation/index.js';

interface Event {
  readonly ph: string;
  readonly name: string;
  readonly cat?: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur: number;
  readonly s?: string;
  readonly args: Readonly<Record<string, unknown>>;
}

function eventsOf(log: RunLog, options: ReportOptions): readonly Event[] {
  const file = JSON.parse(chromeTrace(log, options)) as { displayTimeUnit: string; traceEvents: readonly Event[] };
  expect(file.displayTimeUnit).toBe('ms');
  return file.traceEvents;
}

const request = { shape: '256x256', steps: 4, arrivalMs: 0, deadlineMs: 100 };
const requests = ['a', 'b'].map((id) => ({ ...request, id }));
const trace = { schemaVersion: 1, requests } as const;
const cluster = createCluster(4, 2);

describe('chunks', () => {
  const chunk: ChunkRecord = {
    ...{ requestIds: ['a', 'b'], gpus: [2, 3], degree: 2 },
    ...{ startMs: 1.5, endMs: 101.25, steps: 4, fromSteps: [0, 0] },
  };

  test('are an event on each of their GPUs, in microseconds', () => {
    const events = eventsOf([chunk], { trace, cluster }).filter(({ ph }) => ph === 'X');
    const args = {
      ...{ requestIds: ['a', 'b'], shape: '256x256', stage: 'denoise', degree: 2, gpus: [2, 3], steps: 4 },
      ...{ fromSteps: [0, 0], deadlineMs: [100, 100], lateMs: [1.25, 1.25] },
    };
    const event = { ph: 'X', name: 'a [a] + b [b]', cat: 'denoise,256x256', ts: 1500, dur: 99_750, args };
    expect(events).toEqual([
      { ...event, pid: 3, tid: 5 },
      { ...event, pid: 3, tid: 6 },
    ]);
  });

  test('of other stages say so', () => {
    const decode: ChunkRecord = {
      ...{ requestIds: ['a'], gpus: [0], degree: 1, startMs: 0, endMs: 1, steps: 0, stage: 'decode' },
    };
    const [event] = eventsOf([decode], { trace, cluster }).filter(({ ph }) => ph === 'X');
    expect(event).toMatchObject({ name: 'a [a]', cat: 'decode,256x256', args: { stage: 'decode', steps: 0 } });
    expect(event?.args).not.toHaveProperty('fromSteps');
  });

  test('of unknown requests and on unknown GPUs do no harm', () => {
    const strange = { ...chunk, requestIds: ['x'], fromSteps: [0], gpus: [3, 9] };
    const events = eventsOf([strange], { trace, cluster }).filter(({ ph }) => ph === 'X');
    expect(events).toMatchObject([{ name: 'x [?]', cat: 'denoise', tid: 6, args: { lateMs: [null] } }]);
  });

  test('before time 0 shift everything', () => {
    const early = { ...trace, requests: requests.map((entry) => ({ ...entry, arrivalMs: -10 })) };
    const timed = eventsOf([{ ...chunk, startMs: -5, endMs: 0 }], { trace: early, cluster }).filter(
      ({ ph }) => ph !== 'M',
    );
    expect(timed.map(({ ph, ts }) => [ph, ts])).toEqual([
      ['i', 0],
      ['i', 0],
      ['X', 5000],
      ['X', 5000],
    ]);
  });
});

test('lanes are named and in order, those of idle GPUs as well, and without a time', () => {
  const names = eventsOf([], { trace: { schemaVersion: 1, requests: [] }, cluster });
  expect(names.every((event) => event.ph === 'M' && event.ts === undefined)).toBe(true);
  const named = names
    .filter(({ name }) => name.endsWith('_name'))
    .map(({ pid, tid, args }) => [pid, tid, args['name']]);
  expect(named).toEqual([
    [1, 0, 'Requests'],
    [1, 1, 'arrivals'],
    [1, 2, 'missed deadlines'],
    [2, 0, 'NVLink domain 0'],
    [3, 0, 'NVLink domain 1'],
    [2, 3, 'GPU 0'],
    [2, 4, 'GPU 1'],
    [3, 5, 'GPU 2'],
    [3, 6, 'GPU 3'],
  ]);
  const sorted = names.filter(({ name }) => name.endsWith('_sort_index'));
  expect(sorted.map(({ args }) => args['sort_index'])).toEqual(sorted.map(({ pid, tid }) => (tid === 0 ? pid : tid)));
});

test('arrivals and missed deadlines are moments', () => {
  const records = [
    { requestId: 'a', status: 'completed', endMs: 100, onTime: true },
    { requestId: 'b', status: 'failed', endMs: 50, onTime: false, reason: 'gpu-lost' },
  ] as const;
  const moments = eventsOf([], { trace, cluster, records }).filter(({ ph }) => ph === 'i');
  expect(moments).toMatchObject([
    { s: 't', name: 'a [a]', cat: 'arrival,256x256', pid: 1, tid: 1, ts: 0, args: { requestId: 'a', lateMs: 0 } },
    { s: 't', name: 'b [b]', cat: 'arrival,256x256', pid: 1, tid: 1, ts: 0 },
    { s: 't', name: 'b [b]', cat: 'missed deadline,256x256', pid: 1, tid: 2, ts: 100_000, args: { lateMs: null } },
  ]);
});

test('facts about the run are kept', () => {
  const text = chromeTrace([], { trace, cluster, about: { policy: 'edf' } });
  expect(JSON.parse(text)).toMatchObject({ otherData: { policy: 'edf' } });
});

test('each request has letters of its own, since Perfetto colours by names without digits', () => {
  const many = Array.from({ length: 1000 }, (_, index) => ({ ...request, id: `r${index}` }));
  const events = eventsOf([], { trace: { schemaVersion: 1, requests: many }, cluster, records: [] });
  const names = events.filter(({ cat }) => cat?.startsWith('arrival') === true).map(({ name }) => name);
  expect(names.slice(24, 29)).toEqual(['r24 [y]', 'r25 [z]', 'r26 [aa]', 'r27 [ab]', 'r28 [ac]']);
  expect(new Set(names.map((name) => name.replace(/\d+/g, ''))).size).toBe(1000);
});

describe.each(['tetriserve', 'edf', 'fixed-2', 'per-shape'])('a run of %s', (name) => {
  const profile = builtinProfile('flux.1-dev_h100');
  const wide = createCluster(16, 8);
  const drawn = createWorkload({
    ...{ profile, requests: 60, steps: 20, seed: 4, arrivals: poissonArrivals(60) },
    ...{ mix: uniformMix(['256x256', '1024x1024', '2048x2048']), slo: paperSlo() },
  });
  const noise = { seed: 1 };
  const { log, records } = simulate({ trace: drawn, profile, cluster: wide, policy: createPolicy(name), noise });
  const events = eventsOf(log, { trace: drawn, cluster: wide, records });
  const chunks = events.filter(({ ph }) => ph === 'X');

  test('has all of its GPU time in the lanes', () => {
    const heldUs = log.reduce((sum, { gpus, startMs, endMs }) => sum + gpus.length * (endMs - startMs) * 1000, 0);
    const drawnUs = chunks.reduce((sum, { dur }) => sum + dur, 0);
    expect(Math.abs(drawnUs - heldUs)).toBeLessThanOrEqual(chunks.length);
    expect(chunks).toHaveLength(log.reduce((sum, { gpus }) => sum + gpus.length, 0));
  });

  test('has no overlaps in any lane', () => {
    const lanes = new Map<number, Event[]>();
    for (const event of chunks) lanes.set(event.tid, [...(lanes.get(event.tid) ?? []), event]);
    for (const lane of lanes.values()) {
      lane.sort((a, b) => a.ts - b.ts);
      const overlaps = lane.filter(({ ts }, index) => index > 0 && ts < lane[index - 1]!.ts + lane[index - 1]!.dur);
      expect(overlaps).toEqual([]);
    }
  });

  test('needs no records if every request was complete', () => {
    expect(eventsOf(log, { trace: drawn, cluster: wide })).toEqual(events);
  });
});
