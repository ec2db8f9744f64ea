import { writeSync } from 'node:fs';
import type { CompleteRequest, FailureReason, RefusalReason } from '@tetri/scheduler';

/** What a request carries along. */
export interface Payload {
  readonly prompt: string;
  /** What is wrong with it: its steps always fail, or its artifact can never be delivered. */
  readonly flaw: 'none' | 'poisonous' | 'undeliverable';
}

/** How a request ended, as its client was told. */
export interface End {
  readonly status: 'completed' | 'cancelled' | 'failed' | 'refused';
  readonly reason?: FailureReason | RefusalReason;
}

/** What a server says while it lives, one line of JSON each. */
export type ServerLine =
  /** The scheduler runs, and goes on with these. Some of them may have been running for a moment by then. */
  | { readonly type: 'recovered'; readonly requests: readonly CompleteRequest[] }
  /** This is going to be submitted. */
  | { readonly type: 'submit'; readonly request: CompleteRequest; readonly payload: Payload }
  /** `accepted` is true. */
  | { readonly type: 'accepted'; readonly id: string }
  /** The backend is asked to encode it: it runs from its beginning. */
  | { readonly type: 'running'; readonly id: string }
  /** Its artifact is in its file; the hook that put it there has not returned yet. */
  | { readonly type: 'delivered'; readonly id: string }
  | { readonly type: 'ended'; readonly id: string; readonly end: End }
  /** What `onError` was told. */
  | { readonly type: 'error'; readonly where: string; readonly message: string }
  /** There is no scheduler: this was thrown. */
  | { readonly type: 'not-started'; readonly code: string; readonly message: string }
  | { readonly type: 'closing' }
  | { readonly type: 'closed' };

/** After which line a server kills itself: the moments that a kill from outside hits once in a thousand tries. */
export interface LastLine {
  readonly type: ServerLine['type'];
  /** The how many-th line of the type. */
  readonly count: number;
  /** Whether only those count that come when the server was told to close. */
  readonly whileClosing?: boolean;
}

/** Says lines on stdout. Each is with the reader when the call returns, whatever becomes of this process. */
export function createSay(last: LastLine | undefined): (line: ServerLine) => void {
  let left = last?.count ?? Infinity;
  let counts = last?.whileClosing !== true;
  return (line) => {
    writeSync(1, `${JSON.stringify(line)}\n`);
    counts ||= line.type === 'closing';
    if (counts && line.type === last?.type && --left === 0) process.kill(process.pid, 'SIGKILL');
  };
}
