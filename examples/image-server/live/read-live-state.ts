import type { LiveState } from './live-state.js';
import type { ServerContext } from '../server-context.js';
import type { BoardEntry, RequestBoard } from './request-board.js';

type LiveGroup = LiveState['groups'][number];
type LiveRequest = LiveState['requests'][number];

/** What can be seen at a moment. */
export function readLiveState({ settings, service, board, sizes, history, pictures }: ServerContext): LiveState {
  const { engine, policy } = settings;
  const { model, accelerator } = engine.profile;
  const { scheduler } = service;
  const nowMs = scheduler?.nowMs() ?? Date.now();
  const entries = [...board.entries.values()];
  const domains = new Map(scheduler?.cluster.gpus.map(({ id, domain }) => [id, domain]));
  return {
    nowMs,
    server: { model, accelerator, policy: policy.name, backend: engine.kind, draining: service.phase === 'draining' },
    gpus: (scheduler?.status().gpus ?? []).map((gpu) => ({ ...gpu, domain: domains.get(gpu.id) ?? 0 })),
    groups: groupsOf(entries),
    requests: entries
      .map((entry) => asRequest(entry, nowMs, sizes.restMs(entry.handle.request.shape, entry)))
      .sort((a, b) => a.deadlineMs - b.deadlineMs),
    ended: { ...board.ended },
    sloAttainment: sloAttainment(board),
    history: [...history.points],
    pictures: history.pictures.filter(({ id }) => pictures.has(id)),
  };
}

/** Notes how things stand, for the history. Once a second. */
export function addPoint({ service, board, history, feed }: ServerContext): void {
  const { scheduler } = service;
  if (scheduler === undefined || service.phase === 'closed') return;
  const { waiting, gpus } = scheduler.status();
  const busyGpus = gpus.filter(({ state }) => state === 'busy').length;
  history.addPoint({ atMs: scheduler.nowMs(), sloAttainment: sloAttainment(board), waiting, busyGpus });
  feed.changed();
}

/** The share of requests that ended on time; who took his back does not count. */
function sloAttainment({ ended }: RequestBoard): number | null {
  const { completed, failed, refused, onTime } = ended;
  const all = completed + failed + refused;
  return all === 0 ? null : onTime / all;
}

function gpusOf({ progress }: BoardEntry): readonly number[] {
  if (progress.status === 'queued') return [];
  return progress.status === 'running' ? progress.gpus : [progress.gpu];
}

/** Members of a batch are on the same GPUs. The latest news first: whoever was on those GPUs before has left them. */
function groupsOf(entries: readonly BoardEntry[]): LiveGroup[] {
  const groups = new Map<string, LiveGroup>();
  const taken = new Set<number>();
  for (const entry of [...entries].sort((a, b) => b.heard - a.heard)) {
    const { progress, handle } = entry;
    if (progress.status === 'queued') continue;
    const gpus = gpusOf(entry);
    const stage = progress.status;
    const key = `${stage} ${gpus.join()}`;
    const group = groups.get(key);
    if (group !== undefined) group.requestIds.push(handle.id);
    else if (!gpus.some((gpu) => taken.has(gpu))) {
      groups.set(key, { requestIds: [handle.id], gpus: [...gpus], degree: gpus.length, stage });
      for (const gpu of gpus) taken.add(gpu);
    }
  }
  return [...groups.values()].sort((a, b) => a.gpus[0]! - b.gpus[0]!);
}

function asRequest(entry: BoardEntry, nowMs: number, restMs: number): LiveRequest {
  const { handle, prompt, progress, stepsDone } = entry;
  const { id, shape, steps, arrivalMs, deadlineMs } = handle.request;
  const slackMs = deadlineMs - nowMs - restMs;
  const [status, gpus] = [progress.status, [...gpusOf(entry)]];
  return { id, prompt, shape, steps, stepsDone, gpus, status, arrivalMs, deadlineMs, slackMs };
}
