import { unfinished } from './flaky-journal.js';
import type { Client, Model } from './model.js';
import type { TheSystem } from './the-system.js';
import { checkEnded } from './watch-client.js';

/** Throws if anything was not as it should be. */
export function throwViolations({ violations }: TheSystem): void {
  if (violations.length > 0) throw new Error(violations.join('\n'));
}

/** What must hold at every moment at which nothing more happens at once. */
export function checkNow(system: TheSystem): void {
  const { model, life, violate } = system;
  const { backend, journal } = life;
  // A failure in the very moment in which the backend dies, or the patience with a call ends, is no failure.
  const isClear = isInstant(model) && !model.hasDied && !model.hasJumped;
  for (const [id, { isCancelled }] of isClear ? model.alive : []) {
    const failures = backend.trials.of(id)?.failures.least ?? 0;
    if (!isCancelled && failures >= model.setup.options.maxFailures) {
      violate(`${id} failed ${failures} times, and is not given up`);
    }
  }
  for (const { members, signal } of backend.runs) {
    const isWanted = members.some(({ requestId }) => model.alive.get(requestId)?.isCancelled === false);
    if (!isWanted && !signal.aborted)
      violate(`nobody wants the chunk of ${members.map((each) => each.requestId).join()}`);
  }
  if (journal !== undefined && model.setup.journalMs === 0) {
    const isKnown = (id: string): boolean => !journal.failed.has(id);
    const left = [...unfinished(journal.records, journal.failed, violate).keys()].filter(isKnown);
    const alive = [...model.alive.keys()].filter(isKnown);
    if (left.join() !== alive.join()) violate(`alive are ${alive.join()}, and the journal has ${left.join()}`);
  }
  throwViolations(system);
}

/** Holds what the scheduler says of itself against what can be seen. */
export function checkStatus({ model, life: { backend }, scheduler, violate }: TheSystem): void {
  const { waiting, running, decoding, late, gpus } = scheduler.status();
  const count = waiting + running + decoding;
  const isWrong = isInstant(model) ? count !== model.alive.size : count > model.alive.size;
  if (isWrong) violate(`${count} requests by the status, ${model.alive.size} in truth`);
  if (late > count) violate(`${late} of ${count} are late`);
  if (gpus.length !== backend.gpus.domainOf.size) violate(`a status of ${gpus.length} GPUs`);
  for (const { id, state } of gpus) {
    if (backend.gpus.lost.has(id) && state !== 'lost') violate(`GPU ${id} is ${state}, and lost in truth`);
    if (backend.gpus.isBusy(id) && state !== 'busy' && state !== 'lost') violate(`GPU ${id} is ${state}, and in use`);
  }
}

/** What must hold when everything was mended and has come to rest. */
export function checkAtRest(system: TheSystem): void {
  const { model, life, scheduler, violate } = system;
  checkStatus(system);
  if (model.alive.size > 0 || life.backend.gpus.lost.size > 0) return;
  for (const { id, state } of scheduler.status().gpus) {
    if (state !== 'idle' && state !== 'excluded') violate(`GPU ${id} is ${state}, and nothing is the matter`);
  }
  if (life.inner.held() !== 0) violate(`the backend holds ${life.inner.held()} states of nobody`);
}

/** What must hold when the scheduler is closed: whoever submitted something has got an answer, and nothing is left behind. */
export function checkAfterwards(system: TheSystem): void {
  const { model, life, orphans, unwritten, violate } = system;
  const { inner, backend, counted, journal } = life;
  if (inner.held() !== 0) violate(`the backend holds ${inner.held()} states after close`);
  if (backend.states > 0) violate(`${backend.states} states were not released`);
  for (const gpu of backend.gpus.domainOf.keys()) {
    if (backend.gpus.isBusy(gpu)) violate(`GPU ${gpu} is in use after close`);
  }
  if (counted.pending !== 0) violate(`${counted.pending} calls are scheduled after close`);
  for (const client of model.clients) if (!orphans.has(client.id)) system.violations.push(...checkEnded(client));
  if (journal !== undefined) {
    const left = unfinished(journal.records, journal.failed, violate);
    const isClosed = ({ outcome }: Client): boolean => outcome?.status === 'failed' && outcome.reason === 'closed';
    for (const [id, client] of new Map(model.clients.map((each) => [each.id, each]))) {
      if (journal.failed.has(id) || unwritten.has(id) || orphans.has(id)) continue;
      // One that was closed goes on in the next process, and no other.
      if (left.has(id) !== isClosed(client)) {
        violate(`${id} ended as ${JSON.stringify(client.outcome)}, and is in the journal: ${left.has(id)}`);
      }
    }
  }
  throwViolations(system);
}

/** Otherwise an artifact may be on its way, or an end may not be written down yet, of a request that the core is done with. */
function isInstant({ setup: { deliverMs, journalMs } }: Model): boolean {
  return (deliverMs ?? 0) === 0 && (journalMs ?? 0) === 0;
}
