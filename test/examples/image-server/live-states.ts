import type { LiveState } from '../../../examples/image-server/live/live-state.js';

export type LiveRequest = LiveState['requests'][number];
export type LivePicture = LiveState['pictures'][number];

/** A server of eight GPUs that has just been started, changed as a test wants it. */
export function liveState(changes: Partial<LiveState> = {}): LiveState {
  return {
    nowMs: 1000,
    server: { model: 'flux.1-dev', accelerator: 'h100', policy: 'horizon', backend: 'simulated', draining: false },
    gpus: gpus(8, 8),
    groups: [],
    requests: [],
    ended: { completed: 0, onTime: 0, failed: 0, cancelled: 0, refused: 0 },
    sloAttainment: null,
    history: [],
    pictures: [],
    ...changes,
  };
}

export function gpus(count: number, domainSize: number, busy: readonly number[] = []): LiveState['gpus'] {
  return Array.from({ length: count }, (_, id) => {
    return { id, domain: Math.floor(id / domainSize), state: busy.includes(id) ? 'busy' : 'idle', slowdown: 1 };
  });
}

export function liveRequest(changes: Partial<LiveRequest> = {}): LiveRequest {
  return {
    ...{ id: 'r1', prompt: 'a lighthouse at dusk', shape: '1024x1024', steps: 28, stepsDone: 0, gpus: [] },
    ...{ status: 'queued', arrivalMs: 1000, deadlineMs: 6000, slackMs: 3000 },
    ...changes,
  };
}

export function livePicture(changes: Partial<LivePicture> = {}): LivePicture {
  return {
    ...{ id: 'p1', requestId: 'r1', prompt: 'a lighthouse at dusk', shape: '1024x1024', url: '/pictures/p1.png' },
    ...{ latencyMs: 2345, onTime: true },
    ...changes,
  };
}

const prompts = [
  'a lighthouse at dusk, oil on canvas',
  'macro photo of frost on a fern',
  'isometric tram depot in the rain, warm windows, tiny figures with umbrellas, soft evening light over wet cobblestones',
  'botanical plate of a thistle, 1820',
  'harbour crane seen from below, overcast',
  'still life with quinces and pewter',
  'night train through snow',
  'linocut of a heron',
];
const shapes = ['256x256', '512x512', '1024x1024', '2048x2048'];

/** A server in the middle of its work: everything that can be on the page is there. */
export function busyState(domains = 1): LiveState {
  const nowMs = 90_000;
  const shared = { arrivalMs: nowMs - 1500, steps: 28 };
  const requests: LiveRequest[] = [];
  const groups: LiveState['groups'] = [];
  const all = gpus(8 * domains, 8);
  function run(first: number, degree: number, stage: LiveRequest['status'], members = 1): void {
    const range = Array.from({ length: degree }, (_, at) => first + at);
    const requestIds: string[] = [];
    for (let member = 0; member < members; member++) {
      const index = requests.length;
      const id = `img-${String(index + 1).padStart(4, '0')}`;
      requestIds.push(id);
      requests.push({
        ...{ ...shared, id, prompt: prompts[index % prompts.length]!, gpus: range, status: stage },
        ...{ shape: shapes[Math.min(3, Math.round(Math.log2(degree)) + (degree > 1 ? 1 : 0))]! },
        stepsDone: stage === 'preparing' ? 0 : stage === 'decoding' ? 28 : (index * 7 + 5) % 28,
        deadlineMs: nowMs + 700 + 350 * index,
        slackMs: index % 5 === 3 ? -640 : 180 + 260 * index,
      });
    }
    for (const gpu of range) all[gpu]!.state = 'busy';
    groups.push({ requestIds, gpus: range, degree, stage: stage === 'queued' ? 'running' : stage });
  }
  for (let domain = 0; domain < domains; domain++) {
    const base = 8 * domain;
    if (domain % 4 === 3) {
      run(base, 8, 'running');
      continue;
    }
    run(base, 4, 'running');
    run(base + 4, 1, domain % 2 === 0 ? 'running' : 'decoding', domain % 2 === 0 ? 2 : 1);
    run(base + 5, 1, domain % 3 === 0 ? 'running' : 'preparing');
    if (domain % 3 === 2) all[base + 6]!.state = 'held';
    if (domain % 3 === 1) all[base + 7]!.state = 'lost';
    if (domain === 4) all[base + 6]!.state = 'excluded';
    if (domain === 0) all[base + 7]!.slowdown = 1.4;
  }
  if (domains === 1) all[6]!.state = 'held';
  const waiting = 5 * Math.ceil(domains / 2);
  for (let index = 0; index < waiting; index++) {
    const number = requests.length;
    requests.push({
      ...{
        ...shared,
        id: `img-${String(number + 1).padStart(4, '0')}`,
        prompt: prompts[(number + 3) % prompts.length]!,
      },
      ...{ shape: shapes[(number * 3) % 4]!, stepsDone: 0, gpus: [], status: 'queued' },
      deadlineMs: nowMs + 2500 + 600 * index,
      slackMs: index === 1 ? -1900 : 400 + 450 * index,
    });
  }
  return liveState({
    ...{ nowMs, gpus: all, groups, requests },
    ended: { completed: 184, onTime: 177, failed: 1, cancelled: 2, refused: 4 },
    sloAttainment: 177 / 189,
    history: Array.from({ length: 60 }, (_, at) => ({
      atMs: nowMs - 1000 * (60 - at),
      sloAttainment: at < 4 ? null : 0.9 + 0.06 * Math.sin(at / 9) + (at < 20 ? 0.03 : 0),
      waiting: Math.max(0, Math.round(3 + 3 * Math.sin(at / 5) + (at > 45 ? 2 : 0))),
      busyGpus: Math.round(domains * (6 + 2 * Math.sin(at / 4))),
    })),
    pictures: Array.from({ length: 12 }, (_, at) =>
      livePicture({
        ...{
          id: `p${at}`,
          requestId: `done-${at}`,
          prompt: prompts[(at + 5) % prompts.length]!,
          shape: shapes[at % 4]!,
        },
        ...{ url: `/pictures/p${at}.png`, latencyMs: 900 + 433 * at, onTime: at % 6 !== 4 },
      }),
    ),
  });
}
