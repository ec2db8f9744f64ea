import { describe, expect, it } from 'vitest';
import type { RequestProgress } from '../../../src/scheduler/index.js';
import { scripted, planOf } from '../tools.js';
import { fakeBackend, gate } from './fake-backend.js';
import { batches, inShort, live, liveOn } from './setup.js';

async function all(progress: AsyncIterable<RequestProgress>): Promise<string[]> {
  const seen: string[] = [];
  for await (const each of progress) seen.push(inShort(each));
  return seen;
}

describe('the progress of a request', () => {
  it('leads from the queue to the end, step by step', async () => {
    const { submit, ended } = await live(1);
    const a = submit('a', { shape: '128x128', steps: 3 });
    await ended(a);
    expect(a.progress).toEqual([
      ...['queued', 'preparing 0', 'running 0/3 on 0', 'running 1/3 on 0', 'running 2/3 on 0', 'running 3/3 on 0'],
      ...['decoding 0', 'end'],
    ]);
  });

  it('tells the degree, and counts the steps that were skipped as done', async () => {
    const { submit, scheduler, ended } = await live(2);
    const a = submit('a', { startStep: 3 });
    const seen: RequestProgress[] = [];
    void (async () => {
      for await (const each of scheduler.submit({ id: 'b', shape: '64x64', steps: 1, deadlineMs: 99 }).progress) {
        seen.push(each);
      }
    })();
    await ended(a);
    expect(a.progress).toContain('running 3/4 on 0');
    expect(a.progress).toContain('running 4/4 on 0');
    expect(seen.slice(0, 4)).toEqual([
      { status: 'queued' },
      { status: 'preparing', gpu: 1 },
      { status: 'running', degree: 1, gpus: [1], stepsDone: 0, steps: 1 },
      { status: 'running', degree: 1, gpus: [1], stepsDone: 1, steps: 1 },
    ]);
  });

  it('follows it from chunk to chunk, on other GPUs and back in the queue', async () => {
    let plans = 0;
    const policy = scripted('event', (input) => {
      const gpus = [[0], [0, 1]][plans++];
      const [first] = input.waiting;
      return planOf(input, null, gpus === undefined || first === undefined ? [] : [{ requestIds: ['a'], gpus }]);
    });
    const { submit, until } = await live(2, { policy });
    const a = submit('a');
    await until(100);
    expect(a.progress).toEqual([
      ...['queued', 'preparing 0', 'running 0/4 on 0', 'running 1/4 on 0'],
      ...['running 1/4 on 0,1', 'running 2/4 on 0,1', 'queued'],
    ]);
  });

  it('comes at least once a chunk from a backend that tells of no steps', async () => {
    const run = gate<{ steps: number }>();
    const { submit, ended, clock } = await liveOn(fakeBackend({ run: run.wait }));
    const a = submit('a');
    await clock.advance(1);
    run.resolve({ steps: 4 });
    await ended(a);
    expect(a.progress).toEqual([
      ...['queued', 'preparing 0', 'running 0/4 on 0', 'running 4/4 on 0', 'decoding 0', 'end'],
    ]);
  });

  it('of a batch is told to each member, from its own step on', async () => {
    const { submit, ended } = await live(1, { policy: batches() });
    const [a, b] = [submit('a', { startStep: 2 }), submit('b')];
    await ended(a, b);
    const runs = ({ progress }: { progress: string[] }): string[] => progress.filter((each) => each.startsWith('run'));
    expect(runs(a)).toEqual(['running 2/4 on 0', 'running 3/4 on 0', 'running 4/4 on 0']);
    expect(runs(b)).toEqual(['running 0/4 on 0', 'running 1/4 on 0', 'running 2/4 on 0', ...tail(3, 4)]);
  });

  it('takes no notice of steps that are told twice, out of order, out of range or too late', async () => {
    const run = gate<{ steps: number }>();
    let onStep: (done: number) => void = () => undefined;
    const { submit, ended, clock } = await liveOn(
      fakeBackend({
        run: (call) => {
          onStep = call.onStep!;
          return run.wait();
        },
      }),
    );
    const a = submit('a', { steps: 5 });
    await clock.advance(1);
    for (const done of [1, 1, 3, 2, NaN, 17, -1]) onStep(done);
    run.resolve({ steps: 5 });
    await ended(a);
    onStep(4);
    expect(a.progress).toEqual([
      ...['queued', 'preparing 0', 'running 0/5 on 0', 'running 1/5 on 0', 'running 3/5 on 0', 'running 5/5 on 0'],
      ...['decoding 0', 'end'],
    ]);
  });
});

describe('the steps of a chunk that has ended', () => {
  it('are told no more', async () => {
    const calls: { onStep: (done: number) => void }[] = [];
    const run = gate<{ steps: number }>();
    const backend = fakeBackend({
      run: (call) => {
        calls.push({ onStep: call.onStep! });
        return run.wait();
      },
    });
    const { submit, ended, clock } = await liveOn(backend);
    const a = submit('a');
    await clock.advance(1);
    run.resolve({ steps: 1 });
    await clock.advance(1);
    calls[0]!.onStep(3);
    run.resolve({ steps: 3 });
    await ended(a);
    expect(a.progress.slice(2)).toEqual([
      ...['running 0/4 on 0', 'running 1/4 on 0', 'running 4/4 on 0', 'decoding 0', 'end'],
    ]);
  });
});

describe('a listener to progress', () => {
  it('who does not keep up misses steps that follow one another, and nothing else', async () => {
    const { scheduler, ended, watch } = await live(1);
    const handle = scheduler.submit({ id: 'a', shape: '64x64', steps: 500, deadlineMs: 9999 });
    const slow = handle.progress[Symbol.asyncIterator]();
    await ended(watch(handle));
    const seen = await all({ [Symbol.asyncIterator]: () => slow });
    expect(seen).toEqual(['queued', 'preparing 0', 'running 500/500 on 0', 'decoding 0']);
  });

  it('who does not keep up with ever new GPUs either gets what is newest', async () => {
    let last = 0;
    const policy = scripted('event', (input) => {
      last = 1 - last;
      const isThere = input.waiting.length > 0;
      return planOf(input, null, isThere ? [{ requestIds: ['a'], gpus: [last] }] : []);
    });
    const { scheduler, ended, watch } = await live(2, { policy });
    const handle = scheduler.submit({ id: 'a', shape: '64x64', steps: 300, deadlineMs: 9999 });
    const slow = handle.progress[Symbol.asyncIterator]();
    await ended(watch(handle));
    const seen = await all({ [Symbol.asyncIterator]: () => slow });
    expect(seen).toHaveLength(64);
    expect(seen.slice(-2)).toEqual(['running 300/300 on 0', 'decoding 0']);
  });

  it('gets all of it beside others', async () => {
    const { scheduler, clock } = await live(1);
    const { progress } = scheduler.submit({ id: 'a', shape: '64x64', steps: 2, deadlineMs: 99 });
    const both = Promise.all([all(progress), all(progress)]);
    await clock.advance(50);
    const [one, other] = await both;
    expect(one).toEqual(['queued', 'preparing 0', ...tail(0, 2), 'decoding 0']);
    expect(other).toEqual(one);
  });

  it('who comes late gets the state at hand, and who comes too late the end', async () => {
    const { submit, until, ended } = await live(1);
    const a = submit('a');
    await until(25);
    const late = all(a.handle.progress);
    await ended(a);
    expect(await late).toEqual(['running 2/4 on 0', 'running 3/4 on 0', 'running 4/4 on 0', 'decoding 0']);
    expect(await all(a.handle.progress)).toEqual([]);
  });

  it('may leave early', async () => {
    const { submit, ended } = await live(1);
    const a = submit('a');
    const seen: string[] = [];
    const leaving = (async () => {
      for await (const each of a.handle.progress) {
        seen.push(inShort(each));
        if (each.status === 'running') break;
      }
    })();
    await ended(a);
    await leaving;
    expect(seen).toEqual(['queued', 'preparing 0', 'running 0/4 on 0']);
  });

  it('who left is told that it is over, also where it waits already', async () => {
    const { submit, ended } = await live(1);
    const [a, b] = [submit('a'), submit('b')];
    const listener = b.handle.progress[Symbol.asyncIterator]();
    expect(await listener.next()).toEqual({ done: false, value: { status: 'queued' } });
    const waits = listener.next();
    expect(await listener.return!()).toEqual({ done: true, value: undefined });
    expect(await waits).toEqual({ done: true, value: undefined });
    await ended(a, b);
    expect(await listener.next()).toEqual({ done: true, value: undefined });
  });

  it('who leaves gets nothing of what he had not read yet', async () => {
    const { submit, ended } = await live(1);
    const a = submit('a');
    const listener = a.handle.progress[Symbol.asyncIterator]();
    await ended(a);
    await listener.return!();
    expect(await listener.next()).toEqual({ done: true, value: undefined });
  });

  it('may ask for several at once', async () => {
    const { submit, ended } = await live(1);
    const a = submit('a', { steps: 1 });
    const listener = a.handle.progress[Symbol.asyncIterator]();
    const asked = Promise.all(Array.from({ length: 6 }, () => listener.next()));
    await ended(a);
    const told = (await asked).map(({ done, value }) => (done === true ? 'end' : inShort(value as RequestProgress)));
    expect(told).toEqual(['queued', 'preparing 0', 'running 0/1 on 0', 'running 1/1 on 0', 'decoding 0', 'end']);
  });
});

/** The running from one step to another, on GPU 0. */
function tail(from: number, to: number): string[] {
  const all = to === 4 ? 4 : to;
  return Array.from({ length: to - from + 1 }, (_, index) => `running ${from + index}/${all} on 0`);
}
