import { createDeferred, type Deferred } from '../../bookkeeping/index.js';
import type { LaunchedWorker, WorkerExit, WorkerLauncher } from '../launcher/launcher.js';
import { createFrameReader, encodeFrame, type Frame } from '../protocol/frames.js';
import {
  protocolVersion,
  type CallMessage,
  type DoneMessage,
  type Notice,
  type ReadyMessage,
  type StateMessage,
} from '../protocol/messages.js';
import { readMessage } from '../protocol/read-message.js';
import { WorkerCallError, WorkerLostError, WorkerStartError } from './worker-errors.js';

/** How a call ended well: what the worker says, and the bytes that go with it. */
export interface Answer {
  readonly message: DoneMessage;
  readonly body: Uint8Array;
}

/** A call of a worker that is going on. */
export interface WorkerCall {
  /** Resolves to its answer; rejects with `WorkerCallError` or `WorkerLostError`. */
  readonly answer: Promise<Answer>;
  /** Asks for its end at the next step boundary; harmless after the end. */
  abort(): void;
}

/** A worker process that is starting, or works, or has ended. */
export interface Worker {
  readonly rank: number;
  /** Resolves when it can work; rejects with `WorkerStartError` if it never does. */
  readonly ready: Promise<ReadyMessage>;
  /** Resolves, with the reason, when it is of no use any more: its process is ending, if it has not ended. */
  readonly lost: Promise<string>;
  /** Calls back when it is lost; returns what takes that back. For those who wait often: nothing of them stays behind. */
  whenLost(callback: () => void): () => void;
  /** Resolves when its process has ended. */
  readonly ended: Promise<void>;
  readonly isLost: boolean;
  /** What it has of each state: parts and, of latents, at which step. */
  readonly holdings: Map<string, { conditioning: boolean; latentsStep: number | null }>;
  /** @throws `FrameError`, `TypeError` for a message that cannot be sent: too large, or no JSON */
  call(message: CallMessage, onStep?: (done: number) => void): WorkerCall;
  notify(notice: Notice, body?: Uint8Array): void;
  /** Takes it for lost and ends its process. */
  lose(why: string): void;
  /** Asks it to end; ends it by force where it does not within the time. Resolves when it has ended. */
  close(graceMs: number): Promise<void>;
}

/** What a worker is made with. */
export interface WorkerOptions {
  readonly rank: number;
  readonly launcher: WorkerLauncher;
  readonly hello: Notice & { readonly type: 'hello' };
  readonly startTimeoutMs: number;
  readonly heartbeatTimeoutMs: number;
  readonly onLog: (line: string) => void;
  /** Told of parts of states that the worker hands over. */
  readonly onState: (message: StateMessage, body: Uint8Array) => void;
}

interface PendingCall {
  readonly answer: Deferred<Answer>;
  readonly onStep: ((done: number) => void) | undefined;
}

/** Starts a worker, speaks the protocol with it, and watches over it. */
export function startWorker(options: WorkerOptions): Worker {
  const { rank, launcher, hello, startTimeoutMs, heartbeatTimeoutMs } = options;
  const ready = createDeferred<ReadyMessage>();
  const lost = createDeferred<string>();
  const ended = createDeferred<undefined>();
  const calls = new Map<number, PendingCall>();
  const whenLost = new Set<() => void>();
  let serial = 0;
  let isReady = false;
  let lostBecause: string | undefined;
  let fatal: { readonly code: string; readonly detail: string } | undefined;
  let watchdog: NodeJS.Timeout | undefined;
  /** When it last gave a sign of life; until it is ready, when it was started. */
  let heardMs = performance.now();
  let isClosing = false;

  const lose = (why: string): void => {
    if (lostBecause !== undefined) return;
    lostBecause = why;
    clearTimeout(watchdog);
    launched.kill();
    for (const { answer } of calls.values()) answer.reject(new WorkerLostError(rank, why));
    calls.clear();
    worker.holdings.clear();
    const { code, detail } = fatal ?? { code: 'worker-failed', detail: why };
    ready.reject(new WorkerStartError(rank, code, detail));
    lost.resolve(why);
    for (const callback of whenLost) callback();
  };

  /** Silence is what a stopped process has in common with a dead one. */
  const watch = (): void => {
    const limitMs = isReady ? heartbeatTimeoutMs : startTimeoutMs;
    watchdog = setTimeout(
      () => {
        const silentMs = performance.now() - heardMs;
        // This process may have stood still itself: then what the worker said meanwhile is still to be read.
        if (silentMs < limitMs) watch();
        else setImmediate(() => (performance.now() - heardMs < limitMs ? watch() : lose(silence(limitMs))));
      },
      Math.max(1, limitMs - (performance.now() - heardMs)),
    );
    watchdog.unref();
  };
  const silence = (limitMs: number): string =>
    isReady ? `it said nothing for ${limitMs} ms` : `it was not ready within ${limitMs} ms`;

  const onFrame = (frame: Frame): void => {
    const message = readMessage(frame);
    switch (message.type) {
      case 'beat':
        break;
      case 'ready':
        if (message.protocol !== protocolVersion) {
          const detail = `it speaks version ${message.protocol} of the protocol, not ${protocolVersion}`;
          fatal = { code: 'unsupported-protocol', detail };
          lose(detail);
          return;
        }
        isReady = true;
        heardMs = performance.now();
        clearTimeout(watchdog);
        watch();
        ready.resolve(message);
        break;
      case 'fatal':
        fatal = message;
        lose(message.detail);
        break;
      case 'state':
        options.onState(message, frame.body);
        break;
      case 'step':
        calls.get(message.call)?.onStep?.(message.done);
        break;
      case 'done':
        take(message.call)?.answer.resolve({ message, body: frame.body });
        break;
      case 'failed': {
        const { code, detail, blamed } = message;
        take(message.call)?.answer.reject(new WorkerCallError(rank, code, detail, blamed));
        break;
      }
    }
  };
  const take = (call: number): PendingCall | undefined => {
    const pending = calls.get(call);
    calls.delete(call);
    return pending;
  };

  const reader = createFrameReader(onFrame);
  const onExit = ({ detail, isMissing }: WorkerExit): void => {
    if (isMissing === true) fatal ??= { code: 'python-missing', detail };
    lose(reader.isInFrame && !isClosing ? `${detail}\nin the middle of a message` : detail);
    ended.resolve(undefined);
  };
  const launched: LaunchedWorker = launcher.launch(rank, {
    onBytes(bytes) {
      if (lostBecause !== undefined) return;
      if (isReady) heardMs = performance.now();
      try {
        reader.push(bytes);
      } catch (error) {
        lose(`it broke the protocol: ${error instanceof Error ? error.message : String(error)}`);
      }
    },
    onLog: options.onLog,
    onExit,
  });
  const send = (header: object, body?: Uint8Array): void => sendFrame(encodeFrame(header, body));
  const sendFrame = (frame: readonly Uint8Array[]): void => {
    for (const bytes of frame) launched.send(bytes);
  };

  const worker: Worker = {
    rank,
    ready: ready.promise,
    lost: lost.promise,
    whenLost(callback) {
      whenLost.add(callback);
      return () => whenLost.delete(callback);
    },
    ended: ended.promise,
    get isLost() {
      return lostBecause !== undefined;
    },
    holdings: new Map(),
    call(message, onStep) {
      const answer = createDeferred<Answer>();
      if (lostBecause !== undefined) {
        answer.reject(new WorkerLostError(rank, lostBecause));
        return { answer: answer.promise, abort: () => undefined };
      }
      const call = serial++;
      // First, since this throws for what cannot be said: nobody would wait for the answer of such a call.
      const frame = encodeFrame({ ...message, call });
      calls.set(call, { answer, onStep });
      sendFrame(frame);
      return {
        answer: answer.promise,
        abort() {
          if (calls.has(call)) send({ type: 'abort', call } satisfies Notice);
        },
      };
    },
    notify(notice, body) {
      if (lostBecause === undefined) send(notice, body);
    },
    lose,
    async close(graceMs) {
      isClosing = true;
      worker.notify({ type: 'close' });
      const timers = [setTimeout(() => launched.terminate(), graceMs), setTimeout(() => launched.kill(), 2 * graceMs)];
      await ended.promise;
      for (const timer of timers) clearTimeout(timer);
    },
  };
  // Who only waits for the end does not look at this.
  ready.promise.catch(() => undefined);
  send(hello);
  watch();
  return worker;
}
