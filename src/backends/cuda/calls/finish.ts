import { BackendError } from '../../contract/index.js';
import { record, text, whole } from '../../../model/check.js';
import type { CudaState } from '../cuda-state.js';
import type { CudaArtifact } from '../payload.js';
import type { CallContext } from './call-context.js';
import { handOver } from './hand-over.js';
import { untilDone } from './until-done.js';

/** Decodes the result of a request on one worker. */
export async function decode(
  context: CallContext,
  state: CudaState,
  gpu: number,
  stop: AbortSignal,
): Promise<CudaArtifact> {
  const { message, body } = await untilDone(context, gpu, [state], stop, (worker) => {
    handOver(state, worker);
    return worker.call({ type: 'finish', key: state.key });
  });
  try {
    const picture = record(message['picture'], 'picture');
    return {
      contentType: text(picture['contentType'], 'picture.contentType'),
      width: whole(picture['width'], 'picture.width', 1),
      height: whole(picture['height'], 'picture.height', 1),
      bytes: body,
    };
  } catch (cause) {
    throw new BackendError('chunk-failed', 'the worker delivered no picture', { state: 'intact', cause });
  }
}
