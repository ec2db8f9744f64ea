import { planRound, tetriserve, type RequestState } from '@tetri/scheduler';
import { lanesChart, type Bar } from './lanes.js';
import type { Picture } from './picture.js';
import { cluster, profile, shapes } from './run-bars.js';

/** What is there at the beginning of the round. */
const requests: readonly RequestState[] = [
  { id: '1', shape: '2048x2048', steps: 28, stepsDone: 12, lastGpus: [0, 1, 2, 3], arrivalMs: -2600, deadlineMs: 3600 },
  { id: '2', shape: '1024x1024', steps: 28, stepsDone: 10, lastGpus: [4, 5], arrivalMs: -1000, deadlineMs: 1900 },
  { id: '3', shape: '1024x1024', steps: 28, arrivalMs: -100, deadlineMs: 2900 },
  { id: '4', shape: '512x512', steps: 28, arrivalMs: -100, deadlineMs: 1900 },
  { id: '5', shape: '256x256', steps: 28, arrivalMs: -50, deadlineMs: 1450 },
];

/** One round of `tetriserve`: what is packed together. */
export function oneRound(): Picture {
  const input = { nowMs: 0, requests, gpus: cluster.gpus, profile };
  const plan = planRound(input, tetriserve());
  const shapeOf = new Map(requests.map(({ id, shape }) => [id, shape]));
  const bars = plan.assignments.map(({ requestIds, gpus, steps, startMs, endMs }): Bar => ({
    ...{
      label: `${requestIds.join('+')}: ${steps} step${steps === 1 ? '' : 's'} at degree ${gpus.length}`,
      gpus,
      startMs,
      endMs,
    },
    shape: shapeOf.get(requestIds[0]!)!,
  }));
  const deferred = plan.outcomes.filter(({ status }) => status === 'deferred');
  const title = `deferred: ${deferred
    .map(({ requestId, reason }) => `${requestId} (${reason})`)
    .toSorted()
    .join(', ')}`;
  const endMs = plan.endMs!;
  const panels = [
    {
      title,
      bars,
      marks: [
        { atMs: 0, text: 'now' },
        { atMs: endMs, text: 'next boundary' },
      ],
    },
  ];
  const toMs = Math.ceil(endMs / 50) * 50 + 50;
  return {
    name: 'one-round',
    title,
    chart: lanesChart({ panels, gpus: 8, fromMs: 0, toMs, shapes, laneHeight: 22 }),
  };
}
