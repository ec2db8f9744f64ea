import type { CudaPayload } from '../../backends/cuda/index.js';
import type { Backend } from '../../backends/index.js';
import { measureProfile } from '../../measure/index.js';
import type { CompleteMeasurePlan } from '../../measure/plan.js';
import { TetriError, type TetriErrorCode } from '../../model/index.js';
import type { StepProfile } from '../../profile/index.js';
import type { CliIo } from '../cli-io.js';
import { Failure } from '../failure.js';
import { checkWritable, writeText } from '../files.js';
import { InputError } from '../input-error.js';
import { createProgress } from '../progress.js';
import { tell } from '../tell.js';
import { profileTable } from './profile-table.js';
import { profileText } from './profile-text.js';

/** What a shell reports of a command that Ctrl-C ended. */
const interrupted = 130;

/** What the user can do something about: the arguments name a Python, a model, GPUs or shapes that do not do. */
const inputCodes: readonly TetriErrorCode[] = [
  ...(['python-missing', 'torch-missing', 'no-gpu', 'model-not-found', 'bad-model', 'unsupported'] as const),
];

/** Every model can be asked for this, the one that draws coloured shapes too. */
const prompt = 'a large red circle at the top left on a plain blue background';

/**
 * Measures a profile on a backend and writes it to a file. The backend is closed in the end, whatever happens, and at once if the user
 * interrupts; then no file is written.
 *
 * @param create - makes the backend; called after everything else was checked
 * @returns the exit code
 */
export async function measureToFile(
  plan: CompleteMeasurePlan,
  output: string,
  create: () => Backend<CudaPayload>,
  io: CliIo,
): Promise<number> {
  checkWritable(output);
  const backend = create();
  const stop = new AbortController();
  const forgetInterrupt = io.onInterrupt(() => {
    stop.abort();
    void backend.close();
    if (io.stderr.isTTY === true) tell(io, 'closing the workers; once more to end at once');
  });
  let profile: StepProfile;
  try {
    profile = await measure(plan, backend, io, stop.signal);
  } catch (error) {
    if (stop.signal.aborted) {
      tell(io, 'interrupted; nothing was written');
      return interrupted;
    }
    if (!TetriError.isInstance(error)) throw error;
    // What workers wrote last, and what to do about it, stand on lines of their own.
    const message = error.message.replace(/\s*\n\s*/g, '; ');
    throw new (inputCodes.includes(error.code) ? InputError : Failure)(message, { cause: error });
  } finally {
    await backend.close();
    forgetInterrupt();
  }
  writeText(output, profileText(profile));
  const { model, accelerator } = plan;
  io.stdout.write(`${model} on ${accelerator}\n\n${profileTable(profile)}\nWrote ${output}\n`);
  return 0;
}

async function measure(
  plan: CompleteMeasurePlan,
  backend: Backend<CudaPayload>,
  io: CliIo,
  signal: AbortSignal,
): Promise<StepProfile> {
  if (io.stderr.isTTY === true) tell(io, `starting ${backend.name} and loading ${plan.model}`);
  const { cluster } = await backend.open(() => undefined);
  const progress = createProgress(io, 100, true, '{percentage} %, about {left} left');
  const remarks: string[] = [];
  let profile: StepProfile;
  try {
    profile = await measureProfile(backend, cluster, plan, {
      ...{ clock: { nowMs: io.clockMs }, signal },
      payload: (index) => ({ prompt, seed: index }),
      onProgress: (share) => progress.update(share * 100),
      onRemark: (line) => remarks.push(line),
    });
  } finally {
    progress.stop();
  }
  // Not before: the bar would write over them. And where nothing is written, nothing is left out.
  for (const remark of remarks) tell(io, remark);
  return profile;
}
