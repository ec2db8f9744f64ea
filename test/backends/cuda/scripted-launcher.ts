import type { WorkerExit, WorkerLauncher, WorkerListener } from '../../../src/backends/cuda/launcher/launcher.js';
import { createFrameReader, encodeFrame, type Frame } from '../../../src/backends/cuda/protocol/frames.js';

type Header = Readonly<Record<string, unknown>>;

/** A worker without a process: a test plays it. */
export interface ScriptedWorker {
  readonly rank: number;
  /** Its predecessors at this rank. */
  readonly life: number;
  /** All that it was sent. */
  readonly received: readonly Frame[];
  /** What was done to its process: `SIGTERM`, `SIGKILL`. */
  readonly signals: readonly string[];
  readonly hasEnded: boolean;
  /** The headers of what it was sent of these types, in order. */
  sent(...types: string[]): readonly Header[];
  /** Says something, soon and in order. Nothing is heard of a worker that has ended. */
  say(header: object, body?: Uint8Array): void;
  sayBytes(bytes: Uint8Array): void;
  log(line: string): void;
  /** Ends by itself. */
  exit(exit?: Partial<WorkerExit>): void;
  /** Whether it keeps the latents that a run makes to itself. */
  keepsLatents: boolean;
  /** Does what a real worker would: what a script keeps for later is handed back like this. */
  answer(frame: Frame): void;
}

/** What a worker does with a frame, or with `SIGTERM`, instead of what a real one would; anything but `true`: what a real one would. */
export type Script = (worker: ScriptedWorker, type: string, frame: Frame) => boolean | undefined;

/** What a worker says when it can work. */
export function readyOf(rank: number, more: object = {}) {
  const model = { heads: 4, maxBatchSize: 4, parameters: 100 };
  return {
    ...{ type: 'ready', protocol: 1, pid: 1000 + rank, torch: '2.0.0', deviceName: 'scripted', memoryBytes: null },
    ...{ loadMs: 1, model, ...more },
  };
}

/** The latents of a state after some steps, as these workers hold them. */
export function latentsOf(key: string, step: number): Uint8Array {
  return new TextEncoder().encode(`latents of ${key} at step ${step}`);
}

function conditioningOf(key: string): Uint8Array {
  return new TextEncoder().encode(`conditioning of ${key}`);
}

const nothing: Frame = { header: {}, body: new Uint8Array(0) };

/**
 * A launcher without processes. Its workers keep to the protocol, and check what they are sent as real ones do: a `run` of what they do
 * not hold fails. What a test wants to go another way, its script takes over.
 */
export function createScriptedLauncher(script: Script = () => undefined) {
  const workers: ScriptedWorker[] = [];
  let closes = 0;
  let isRefusing = false;

  const launch = (rank: number, listener: WorkerListener) => {
    const received: Frame[] = [];
    const signals: string[] = [];
    const held = new Map<string, { conditioning: boolean; step: number | null }>();
    let hasEnded = false;

    const soon = (what: () => void): void => queueMicrotask(() => void (hasEnded || what()));
    const say = (header: object, body?: Uint8Array): void => {
      for (const part of encodeFrame(header, body)) worker.sayBytes(part);
    };
    const done = (call: unknown, more: object = {}, body?: Uint8Array): void =>
      say({ type: 'done', call, ...more }, body);
    const failed = (call: unknown, code: string): void =>
      say({ type: 'failed', call, code, detail: `it says ${code}` });
    const sayLatents = (key: string, step: number): void =>
      say({ type: 'state', key, part: 'latents', step }, latentsOf(key, step));
    const partsOf = (key: string) => {
      const parts = held.get(key) ?? { conditioning: false, step: null };
      held.set(key, parts);
      return parts;
    };

    const answer = ({ header, body }: Frame): void => {
      const { call, steps } = header as { call?: number; steps?: number };
      const key = header['key'] as string;
      switch (header['type']) {
        case 'hello':
          say(readyOf(rank));
          break;
        case 'prepare': {
          const step = header['startStep'] as number;
          held.set(key, { conditioning: true, step });
          say({ type: 'state', key, part: 'conditioning', step }, conditioningOf(key));
          sayLatents(key, step);
          done(call, { durationMs: 1 });
          break;
        }
        case 'load': {
          const step = header['step'] as number;
          const isLatents = header['part'] === 'latents';
          const expected = isLatents ? latentsOf(key, step) : conditioningOf(key);
          // What is damaged is as good as nothing.
          if (Buffer.compare(body, expected) !== 0) break;
          if (isLatents) partsOf(key).step = step;
          else partsOf(key).conditioning = true;
          break;
        }
        case 'run': {
          const members = header['members'] as readonly { readonly key: string; readonly fromStep: number }[];
          const { ranks } = header['group'] as { readonly ranks: readonly number[] };
          const has = members.map((member) => held.get(member.key));
          if (has.some((parts) => parts?.conditioning !== true || parts.step === null)) failed(call, 'not-prepared');
          else if (members.some(({ fromStep }, index) => has[index]?.step !== fromStep)) failed(call, 'wrong-step');
          else {
            for (let step = 1; step <= steps!; step++) if (ranks[0] === rank) say({ type: 'step', call, done: step });
            for (const member of members) {
              const step = member.fromStep + steps!;
              partsOf(member.key).step = step;
              if (ranks[0] === rank && !worker.keepsLatents) sayLatents(member.key, step);
            }
            done(call, { steps, durationMs: steps });
          }
          break;
        }
        case 'finish': {
          if ((held.get(key)?.step ?? null) === null) return failed(call, 'not-prepared');
          const picture = { contentType: 'image/png', width: 64, height: 64 };
          done(call, { durationMs: 1, picture }, new TextEncoder().encode(`picture of ${key}`));
          break;
        }
        case 'warm': {
          const groups = header['groups'] as readonly { readonly id: string }[];
          done(call, { warmMs: Object.fromEntries(groups.map(({ id }) => [id, 1])) });
          break;
        }
        case 'release':
          held.delete(key);
          done(call);
          break;
        case 'close':
          worker.exit({ detail: 'it ended with exit code 0' });
          break;
      }
    };

    const worker: ScriptedWorker = {
      ...{ rank, received, signals, say, answer, keepsLatents: false },
      life: workers.filter((other) => other.rank === rank).length,
      get hasEnded() {
        return hasEnded;
      },
      sent: (...types) => received.map(({ header }) => header).filter(({ type }) => types.includes(type as string)),
      sayBytes: (bytes) => soon(() => listener.onBytes(bytes)),
      log: (line) => soon(() => listener.onLog(line)),
      exit: ({ detail = 'it ended with exit code 1', ...more } = {}) =>
        soon(() => {
          hasEnded = true;
          listener.onExit({ detail, ...more });
        }),
    };
    const reader = createFrameReader((frame) => {
      received.push(frame);
      const type = frame.header['type'] as string;
      if (script(worker, type, frame) !== true) answer(frame);
    });
    workers.push(worker);
    if (isRefusing) worker.exit({ detail: 'it never began' });

    const signal = (name: string): void => {
      if (hasEnded) return;
      signals.push(name);
      if (script(worker, name, nothing) !== true) worker.exit({ detail: `it was ended by ${name}` });
    };
    return {
      send: (bytes: Uint8Array) => void (hasEnded || reader.push(bytes)),
      terminate: () => signal('SIGTERM'),
      kill: () => signal('SIGKILL'),
    };
  };

  const launcher: WorkerLauncher = {
    rendezvous: { kind: 'file', directory: '/nowhere' },
    launch,
    close() {
      closes++;
      return Promise.resolve();
    },
  };
  return {
    launcher,
    /** All that were launched, in order. */
    workers,
    /** Those that have not ended. */
    alive: () => workers.filter(({ hasEnded }) => !hasEnded),
    /** The newest one of a rank. */
    at(rank: number): ScriptedWorker {
      const worker = workers.filter((other) => other.rank === rank).at(-1);
      if (worker === undefined) throw new Error(`no worker ${rank} was launched`);
      return worker;
    },
    /** How often it was closed. */
    closes: () => closes,
    /** Whether workers end before they began, from now on. */
    refuse(refuses: boolean) {
      isRefusing = refuses;
    },
  };
}
