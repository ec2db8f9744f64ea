import { getEventListeners } from 'node:events';
import type { RequestProgress } from '../../../src/scheduler/index.js';
import { checkOutcome } from './check-outcome.js';
import type { Client, Model } from './model.js';
import type { Life } from './life.js';

/** Listens to everything that a client can listen to, and checks that it fits together. */
export function watchClient(client: Client, life: Life, model: Model, violate: (what: string) => void): void {
  const { handle, id } = client;
  const complain = (what: string): void => violate(`${id}: ${what}`);

  void handle.accepted.then((accepted) => {
    if (life.isOver) return;
    client.accepted = accepted;
  });
  handle.result.then(
    () => (client.result = 'artifact'),
    () => (client.result = 'error'),
  );
  void handle.outcome.then((outcome) => {
    if (life.isOver) return;
    const { backend, clock } = life;
    if (client.outcome !== undefined) complain('ended twice');
    client.outcome = outcome;
    if (model.alive.get(id) === client) model.alive.delete(id);
    else complain('ended without being alive');
    const trial = backend.trials.of(id);
    backend.trials.forget(id);
    const { reopenings, deaths } = backend;
    const wrong = checkOutcome(client, outcome, { model, nowMs: clock.nowMs(), trial, reopenings, deaths });
    if (wrong !== undefined) complain(`${JSON.stringify(outcome)}: ${wrong}`);
  });
  void listen(client, complain);
}

/** What must hold for a request that has ended, when everybody had the time to hear of it. */
export function checkEnded({ id, handle, outcome, accepted, result, progress, controller }: Client): string[] {
  const complaints: string[] = [];
  if (outcome === undefined) return [`${id} has not ended`];
  const isLetIn = outcome.status !== 'refused' && !(outcome.status === 'failed' && outcome.reason === 'journal-failed');
  if (accepted !== isLetIn) complaints.push(`${id} (${JSON.stringify(outcome)}) was accepted: ${String(accepted)}`);
  if (result !== (outcome.status === 'completed' ? 'artifact' : 'error')) complaints.push(`${id}: result ${result}`);
  if (progress !== 'over') complaints.push(`${id}: its progress does not end`);
  if (controller !== undefined && getEventListeners(controller.signal, 'abort').length > 0) {
    complaints.push(`${handle.id}: its signal is still listened to`);
  }
  return complaints;
}

/** Some listen to the end, some leave early. */
async function listen(client: Client, complain: (what: string) => void): Promise<void> {
  const { asked, handle } = client;
  let left = handle.id.endsWith('3') ? 2 : Infinity;
  let before: RequestProgress | undefined;
  for await (const progress of handle.progress) {
    if (progress.status === 'running') {
      const { stepsDone, steps, degree, gpus } = progress;
      if (degree !== gpus.length || steps !== asked.steps) complain(`progress: ${JSON.stringify(progress)}`);
      if (stepsDone < asked.startStep || stepsDone > steps) complain(`progress at step ${stepsDone} of ${steps}`);
      if (before?.status === 'running' && before.gpus.join() === gpus.join() && before.stepsDone >= stepsDone) {
        complain(`progress from ${before.stepsDone} to ${stepsDone}`);
      }
    }
    before = progress;
    if (--left === 0) break;
  }
  client.progress = 'over';
}
