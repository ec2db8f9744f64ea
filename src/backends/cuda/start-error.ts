import { TetriError, type TetriErrorCode } from '../../model/index.js';
import { WorkerStartError } from './workers/worker-errors.js';

/** What to do about it. */
const remedies: Readonly<Record<string, readonly [code: TetriErrorCode, remedy: string]>> = {
  'python-missing': [
    'python-missing',
    'install Python 3.10 or newer and run `npm run worker:setup`, or name one by `python`, `--python` or TETRI_PYTHON',
  ],
  'torch-missing': ['torch-missing', 'run `npm run worker:setup`, or install what worker/pyproject.toml lists'],
  'no-gpu': [
    'no-gpu',
    "ask for fewer workers (`worldSize`, `--world-size`), or run on the CPU (`device: 'cpu'`, `--backend cpu`)",
  ],
  'out-of-memory': ['out-of-memory', "take a 16 bit `dtype`, a smaller model, or fewer workers for each GPU's memory"],
  'model-not-found': [
    'model-not-found',
    '`model.path`, or what `--model` names after the colon, is a local folder; nothing is downloaded',
  ],
  'bad-model': ['bad-model', 'the folder has to hold what the adapter reads, see docs/cuda.md'],
  'unsupported-protocol': ['unsupported-protocol', 'the worker package and this library have to be of one release'],
};

/** Why a backend did not open, and the remedy, in one error. */
export function startError(error: unknown): unknown {
  if (!(error instanceof WorkerStartError)) return error;
  const { rank, code, message } = error;
  const [known, remedy] = remedies[code] ?? ['worker-failed', 'what it wrote last stands above'];
  return new TetriError(known, `worker ${rank} could not be started: ${message}\n${remedy}`);
}
