/** The version of the worker protocol, which `worker/PROTOCOL.md` describes. */
export const protocolVersion = 1;

/** A part of the state of a request. */
export type StatePart = 'conditioning' | 'latents';

/** What workers run. */
export interface WorkerModel {
  /** Which adapter knows the model. */
  readonly adapter: string;
  /** The local folder with its weights; `null` for a model that needs none. */
  readonly path: string | null;
  readonly dtype: 'float32' | 'bfloat16' | 'float16';
  /** What the adapter takes beside; plain JSON. */
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * Where the members of a group of workers meet.
 *
 * @experimental
 */
export type Rendezvous =
  | { readonly kind: 'file'; readonly directory: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** Workers that run a chunk together; its id is never used for other members or a second try. */
export interface GroupName {
  readonly id: string;
  readonly ranks: readonly number[];
}

/** Messages that an answer is due to. */
export type CallMessage =
  | {
      readonly type: 'prepare';
      readonly key: string;
      readonly shape: { readonly id: string; readonly width: number; readonly height: number; readonly frames: number };
      readonly steps: number;
      readonly startStep: number;
      readonly payload: unknown;
    }
  | {
      readonly type: 'run';
      readonly group: GroupName;
      readonly members: readonly { readonly key: string; readonly fromStep: number }[];
      readonly steps: number;
    }
  | { readonly type: 'finish'; readonly key: string }
  | { readonly type: 'warm'; readonly groups: readonly GroupName[] }
  | { readonly type: 'release'; readonly key: string }
  | { readonly type: 'held' }
  | { readonly type: 'inject'; readonly fault: unknown };

/** Messages without an answer. */
export type Notice =
  | {
      readonly type: 'hello';
      readonly protocol: number;
      readonly rank: number;
      readonly worldSize: number;
      readonly device: 'cpu' | 'cuda';
      readonly deviceIndex: number;
      readonly threads: number | null;
      readonly model: WorkerModel;
      readonly rendezvous: Rendezvous;
      readonly collectiveTimeoutMs: number;
      readonly heartbeatMs: number;
      readonly testing: boolean;
    }
  | {
      readonly type: 'load';
      readonly key: string;
      readonly part: StatePart;
      readonly step: number;
      readonly shape: { readonly id: string; readonly width: number; readonly height: number; readonly frames: number };
      readonly steps: number;
    }
  | { readonly type: 'abort'; readonly call: number }
  | { readonly type: 'drop'; readonly groupId: string }
  | { readonly type: 'close' };

/** What a worker says of itself when it can work. */
export interface ReadyMessage {
  readonly type: 'ready';
  readonly protocol: number;
  readonly pid: number;
  readonly torch: string;
  readonly deviceName: string;
  readonly memoryBytes: number | null;
  readonly loadMs: number;
  readonly model: { readonly heads: number; readonly maxBatchSize: number; readonly parameters: number };
}

/** What a worker says before it gives up. */
export interface FatalMessage {
  readonly type: 'fatal';
  readonly code: string;
  readonly detail: string;
}

/** A part of a state, in the body. */
export interface StateMessage {
  readonly type: 'state';
  readonly key: string;
  readonly part: StatePart;
  readonly step: number;
}

/** The end of a call; what else it says depends on the call. */
export interface DoneMessage {
  readonly type: 'done';
  readonly call: number;
  readonly [field: string]: unknown;
}

/** A call that failed. */
export interface FailedMessage {
  readonly type: 'failed';
  readonly call: number;
  readonly code: string;
  readonly detail: string;
  readonly blamed: readonly string[] | undefined;
}

/** All that a worker says. */
export type WorkerMessage =
  | { readonly type: 'beat' }
  | ReadyMessage
  | FatalMessage
  | StateMessage
  | { readonly type: 'step'; readonly call: number; readonly done: number }
  | DoneMessage
  | FailedMessage;
