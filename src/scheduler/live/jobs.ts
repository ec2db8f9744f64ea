import type { Job } from './job.js';

/** The requests that clients wait for. */
export interface Jobs<Payload, Artifact> {
  readonly byId: ReadonlyMap<string, Job<Payload, Artifact>>;
  add(job: Job<Payload, Artifact>): void;
  remove(job: Job<Payload, Artifact>): void;
  /** Resolves when there are none. */
  whenEmpty(): Promise<void>;
}

/** An empty list of requests. */
export function createJobs<Payload, Artifact>(): Jobs<Payload, Artifact> {
  const byId = new Map<string, Job<Payload, Artifact>>();
  let waiting: (() => void)[] = [];
  return {
    byId,
    add(job) {
      byId.set(job.request.id, job);
    },
    remove(job) {
      if (byId.get(job.request.id) === job) byId.delete(job.request.id);
      if (byId.size > 0) return;
      for (const resolve of waiting) resolve();
      waiting = [];
    },
    whenEmpty: () => (byId.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
}
