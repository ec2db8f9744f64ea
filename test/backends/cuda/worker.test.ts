import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { StateMessage } from '../../../src/backends/cuda/protocol/messages.js';
import {
  WorkerCallError,
  WorkerLostError,
  WorkerStartError,
} from '../../../src/backends/cuda/workers/worker-errors.js';
import { startWorker, type WorkerOptions } from '../../../src/backends/cuda/workers/worker.js';
import { createScriptedLauncher, readyOf, type Script } from './scripted-launcher.js';

const hello: WorkerOptions['hello'] = {
  ...{ type: 'hello', protocol: 1, rank: 3, worldSize: 4, device: 'cpu', deviceIndex: 3, threads: 1 },
  model: { adapter: 'tiny-flux', path: null, dtype: 'float32', options: {} },
  rendezvous: { kind: 'file', directory: '/nowhere' },
  ...{ collectiveTimeoutMs: 1000, heartbeatMs: 100, testing: false },
};

/** Nothing happens but what the test says. */
const mute: Script = () => true;
const run = { type: 'finish', key: 'k' } as const;
const shape = { id: '64x64', width: 64, height: 64, frames: 1 };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

/** Starts one whose process is a script; its timeouts are 5 s until it is ready, and 1 s from then on. */
function setup(script: Script = mute) {
  const scripted = createScriptedLauncher(script);
  const states: { readonly message: StateMessage; readonly text: string }[] = [];
  const log: string[] = [];
  const worker = startWorker({
    ...{ rank: 3, launcher: scripted.launcher, hello, startTimeoutMs: 5000, heartbeatTimeoutMs: 1000 },
    onLog: (line) => log.push(line),
    onState: (message, body) => states.push({ message, text: new TextDecoder().decode(body) }),
  });
  const told = { ready: 'waits', lost: '', ended: false };
  worker.ready.then(
    () => (told.ready = 'ready'),
    (error: Error) => (told.ready = error.message),
  );
  void worker.lost.then((why) => (told.lost = why));
  void worker.ended.then(() => (told.ended = true));
  return { worker, process: scripted.at(3), states, log, told };
}

async function ready(script?: Script) {
  const all = setup(script);
  all.process.say(readyOf(3));
  await pass();
  expect(all.told.ready).toBe('ready');
  return all;
}

/** What a promise rejects with; `undefined` while it does not. */
function failureOf(promise: Promise<unknown>): { error?: Error } {
  const seen: { error?: Error } = {};
  promise.catch((error: unknown) => (seen.error = error as Error));
  return seen;
}

describe('a worker that starts', () => {
  it('is greeted at once, and ready when it says so', async () => {
    const { worker, process, told } = setup();
    expect(process.received.map(({ header }) => header)).toEqual([hello]);
    process.say({ type: 'beat' });
    await pass(4999);
    expect(told.ready).toBe('waits');
    process.say(readyOf(3, { deviceName: 'a GPU', memoryBytes: 1024 }));
    await pass();
    expect(await worker.ready).toEqual(readyOf(3, { deviceName: 'a GPU', memoryBytes: 1024 }));
    expect(worker.isLost).toBe(false);
  });

  it('may take its time, but not for ever, however much it beats', async () => {
    const { worker, process, told } = setup((_, type) => type !== 'SIGKILL');
    for (let ms = 0; ms < 5000; ms += 500) {
      process.say({ type: 'beat' });
      await pass(500);
    }
    await pass(1);
    expect(told).toEqual({ ready: 'it was not ready within 5000 ms', lost: told.ready, ended: true });
    expect(await worker.ready.catch((error: unknown) => error)).toMatchObject({ code: 'worker-failed', rank: 3 });
    expect(process.signals).toEqual(['SIGKILL']);
  });

  it.each(['torch-missing', 'no-gpu', 'model-not-found', 'internal'])('may say %s', async (code) => {
    const { worker, process, told } = setup((_, type) => type !== 'SIGKILL');
    process.say({ type: 'fatal', code, detail: 'it cannot' });
    process.exit();
    await pass();
    expect(told).toEqual({ ready: 'it cannot', lost: 'it cannot', ended: true });
    const error = await worker.ready.catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(WorkerStartError);
    expect(error).toMatchObject({ code, rank: 3 });
  });

  it('may speak another version of the protocol', async () => {
    const { worker, process, told } = setup();
    process.say(readyOf(3, { protocol: 2 }));
    await pass();
    expect(told.ready).toBe('it speaks version 2 of the protocol, not 1');
    await expect(worker.ready).rejects.toMatchObject({ code: 'unsupported-protocol' });
    expect(process.signals).toEqual(['SIGKILL']);
  });

  it('may end before it is ready', async () => {
    const { worker, process, told } = setup();
    process.exit({ detail: 'it ended with exit code 7\nsome last words' });
    await pass();
    expect(told).toEqual({ ready: 'it ended with exit code 7\nsome last words', lost: told.ready, ended: true });
    await expect(worker.ready).rejects.toMatchObject({ code: 'worker-failed' });
  });

  it('may be no program at all', async () => {
    const { worker, process } = setup();
    process.exit({ detail: 'python could not be started', isMissing: true });
    await pass();
    await expect(worker.ready).rejects.toMatchObject({ code: 'python-missing' });
  });

  it('may write what is no frame', async () => {
    const { process, told } = setup();
    process.sayBytes(new TextEncoder().encode('Traceback (most recent call last):\n'));
    await pass();
    expect(told.ready).toBe('it broke the protocol: these bytes are no frame');
    expect(process.signals).toEqual(['SIGKILL']);
  });
});

describe('a worker that works', () => {
  it('answers calls, each its own', async () => {
    const { worker, process } = await ready();
    const steps: number[] = [];
    const one = worker.call(run, (done) => steps.push(done));
    const two = worker.call({ type: 'held' });
    const [first, second] = process.sent('finish', 'held').map(({ call }) => call);
    expect(first).not.toBe(second);
    process.say({ type: 'done', call: second, states: 4 }, Uint8Array.of(9));
    process.say({ type: 'step', call: first, done: 1 });
    process.say({ type: 'step', call: second, done: 5 });
    process.say({ type: 'failed', call: first, code: 'wrong-step', detail: 'no', blamed: ['k'] });
    process.say({ type: 'step', call: first, done: 2 });
    expect(await two.answer).toMatchObject({ message: { states: 4 }, body: Uint8Array.of(9) });
    const error = await one.answer.catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(WorkerCallError);
    expect(error).toMatchObject({ rank: 3, code: 'wrong-step', message: 'no', blamed: ['k'] });
    expect(steps).toEqual([1]);
  });

  it('may answer calls that nobody made, or twice', async () => {
    const { worker, process } = await ready();
    const call = worker.call({ type: 'held' });
    process.say({ type: 'done', call: 99 });
    process.say({ type: 'failed', call: 98, code: 'internal', detail: 'x' });
    process.say({ type: 'step', call: 97, done: 1 });
    process.say({ type: 'done', call: 0, states: 1 });
    process.say({ type: 'done', call: 0, states: 2 });
    expect((await call.answer).message['states']).toBe(1);
    expect(worker.isLost).toBe(false);
  });

  it('is told to stop a call while it goes on, and not after', async () => {
    const { worker, process } = await ready();
    const call = worker.call(run);
    call.abort();
    process.say({ type: 'done', call: 0 });
    await call.answer;
    call.abort();
    expect(process.sent('abort')).toEqual([{ type: 'abort', call: 0 }]);
  });

  it('hands parts of states over, and writes lines', async () => {
    const { process, states, log } = await ready();
    const message = { type: 'state', key: 'k', part: 'latents', step: 4 };
    process.say(message, new TextEncoder().encode('noise'));
    process.log('a line');
    await pass();
    expect(states).toEqual([{ message, text: 'noise' }]);
    expect(log).toEqual(['a line']);
  });

  it('is sent bodies as they are', async () => {
    const { worker, process } = await ready();
    const notice = { type: 'load', key: 'k', part: 'latents', step: 1, shape, steps: 4 } as const;
    worker.notify(notice, Uint8Array.of(1, 2, 3));
    expect(process.received.at(-1)).toEqual({ header: notice, body: Uint8Array.of(1, 2, 3) });
  });

  it.each<[string, unknown]>([
    ['is no JSON', 10n],
    ['is too large', 'x'.repeat(2 ** 20)],
  ])('is not asked what %s, and nothing waits for the answer', async (_, payload) => {
    const { worker, process } = await ready();
    expect(() => worker.call({ type: 'prepare', key: 'k', shape, steps: 4, startStep: 0, payload })).toThrow();
    expect(process.sent('prepare')).toEqual([]);
    // A rejection that nobody is there to see would be reported as an error of the run.
    process.exit();
    await pass();
    expect(worker.isLost).toBe(true);
  });
});

describe('a worker that is lost', () => {
  it.each<[string, string, (process: Awaited<ReturnType<typeof ready>>['process']) => void]>([
    ['ends', 'it was ended by SIGSEGV', (process) => process.exit({ detail: 'it was ended by SIGSEGV' })],
    ['says that it cannot go on', 'no', (process) => process.say({ type: 'fatal', code: 'internal', detail: 'no' })],
    [
      'writes what is no frame',
      'it broke the protocol: these bytes are no frame',
      (process) => process.sayBytes(new TextEncoder().encode('a line that a library prints')),
    ],
    [
      'says what is no message',
      'it broke the protocol: there is no message hallo',
      (process) => process.say({ type: 'hallo' }),
    ],
    [
      'ends in the middle of a message',
      'killed\nin the middle of a message',
      (process) => {
        process.sayBytes(Uint8Array.of(0x54, 0x45));
        process.exit({ detail: 'killed' });
      },
    ],
  ])('because it %s rejects its calls, and is ended', async (_, why, happens) => {
    const { worker, process, told } = await ready((__, type) => type !== 'SIGKILL');
    worker.holdings.set('k', { conditioning: true, latentsStep: 1 });
    const calls = [worker.call(run), worker.call({ type: 'held' })];
    const failures = calls.map(({ answer }) => failureOf(answer));
    happens(process);
    await pass();
    for (const { error } of failures) {
      expect(error).toBeInstanceOf(WorkerLostError);
      expect(error).toMatchObject({ rank: 3, message: `worker 3: ${why}` });
    }
    expect(told).toEqual({ ready: 'ready', lost: why, ended: true });
    expect(worker.isLost).toBe(true);
    expect(worker.holdings.size).toBe(0);
  });

  it('takes no more calls and notices', async () => {
    const { worker, process } = await ready();
    worker.lose('it is of no use');
    const heard = process.received.length;
    const call = worker.call(run);
    worker.notify({ type: 'drop', groupId: 'g' });
    call.abort();
    await expect(call.answer).rejects.toThrow('worker 3: it is of no use');
    expect(process.received).toHaveLength(heard);
    expect(process.signals).toEqual(['SIGKILL']);
  });

  it('is not listened to any more, and is lost for one reason only', async () => {
    const { worker, process, states, told } = await ready();
    worker.lose('the first reason');
    process.say({ type: 'state', key: 'k', part: 'latents', step: 4 });
    process.sayBytes(new TextEncoder().encode('no frame at all'));
    process.exit({ detail: 'the last reason' });
    await pass();
    expect(states).toEqual([]);
    expect(told).toMatchObject({ lost: 'the first reason', ended: true });
  });

  it('is so after too long a silence, and not before', async () => {
    const { process, told } = await ready();
    for (let beat = 0; beat < 5; beat++) {
      await pass(900);
      process.say({ type: 'beat' });
    }
    await pass(999);
    expect(told.lost).toBe('');
    await pass(2);
    expect(told.lost).toBe('it said nothing for 1000 ms');
    expect(process.signals).toEqual(['SIGKILL']);
  });

  it('is not so when it was the others who stood still, and its beats lie there unread', async () => {
    const { process, told } = await ready();
    // The timer is due, and so is what came meanwhile.
    setTimeout(() => setImmediate(() => process.say({ type: 'beat' })), 999);
    await pass(1001);
    expect(told.lost).toBe('');
  });

  it('calls back who asked for it, and nobody who took that back', async () => {
    const { worker } = await ready();
    const called: string[] = [];
    worker.whenLost(() => called.push('stays'));
    const takeBack = worker.whenLost(() => called.push('goes'));
    takeBack();
    worker.lose('so it goes');
    worker.lose('again');
    expect(called).toEqual(['stays']);
  });
});

describe('a worker that is to end', () => {
  it('is asked to', async () => {
    const { worker, process, told } = await ready((it, type, frame) => {
      if (type === 'close') it.answer(frame);
      return true;
    });
    await worker.close(1000);
    expect(process.received.at(-1)!.header).toEqual({ type: 'close' });
    expect(process.signals).toEqual([]);
    expect(told.ended).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is asked again, and then made to', async () => {
    const { worker, process, told } = await ready((_, type) => type !== 'SIGKILL');
    const closed = worker.close(300);
    await pass(299);
    expect(process.signals).toEqual([]);
    await pass(2);
    expect(process.signals).toEqual(['SIGTERM']);
    await pass(300);
    await closed;
    expect(process.signals).toEqual(['SIGTERM', 'SIGKILL']);
    expect(told.ended).toBe(true);
  });

  it('rejects its calls', async () => {
    const { worker } = await ready((it, type, frame) => {
      if (type === 'close') it.answer(frame);
      return true;
    });
    const failure = failureOf(worker.call(run).answer);
    await worker.close(1000);
    expect(failure.error).toBeInstanceOf(WorkerLostError);
  });

  it('is waited for, also where it was lost before', async () => {
    const { worker, process, told } = await ready();
    worker.lose('it is of no use');
    const closed = worker.close(1000);
    await pass(500);
    expect(told.ended).toBe(false);
    process.exit();
    await closed;
    expect(told.ended).toBe(true);
  });
});
