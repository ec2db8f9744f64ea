import { finite, nonNegative, show, time, whole } from '../../model/check.js';
import { parseRequest, TetriError } from '../../model/index.js';
import type { SchedulerEvent } from './events.js';
import type { CoreState } from './state.js';
import type { CoreSettings } from './turn.js';

/**
 * Checks events before any of them is applied, so that a call counts as a whole or not at all.
 *
 * @throws `TetriError` for a request that cannot be accepted and for an unknown GPU
 */
export function checkEvents(state: CoreState, settings: CoreSettings, events: readonly SchedulerEvent[]): void {
  const submitted = new Set<string>();
  for (const event of events) {
    time(event.atMs, 'event.atMs');
    switch (event.type) {
      case 'submit': {
        const request = parseRequest(event.request, 'request');
        const { id, shape } = request;
        if (state.requests.has(id) || submitted.has(id)) {
          throw new TetriError('duplicate-request', `request ${show(id)} is alive already`, 'request.id', id);
        }
        settings.profile.shape(shape, 'request.shape');
        // A function of somebody else's: better that it fails here than when the request is half accepted.
        settings.admission.memoryBytesOf(request);
        whole(event.crashes ?? 0, 'event.crashes', 0);
        submitted.add(id);
        break;
      }
      case 'chunk-done':
        whole(event.steps, 'event.steps', 0);
        if (event.durationMs !== undefined)
          nonNegative(finite(event.durationMs, 'event.durationMs'), 'event.durationMs');
        break;
      case 'chunk-failed':
        whole(event.steps, 'event.steps', 0);
        break;
      case 'gpu-lost':
      case 'gpu-back':
        if (!state.gpus.has(event.gpu)) {
          throw new TetriError('unknown-gpu', `the cluster has no GPU ${show(event.gpu)}`, 'event.gpu', event.gpu);
        }
        break;
      default:
    }
  }
}
