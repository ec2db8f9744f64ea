import type { BackendError } from '../../contract/index.js';

/** A call that has not been answered yet. */
export interface CallInProgress {
  readonly stage: 'encode' | 'denoise' | 'decode';
  readonly gpus: readonly number[];
  /** Ends it: at once with this error if it has not begun, otherwise at the next step boundary. Resolves when it has ended. */
  end(error: BackendError): Promise<void>;
  /** Ends it with this error if it has not begun; if it has, it learns of what is wrong from its workers. */
  fail(error: BackendError): void;
}
