import { describe, expect, it } from 'vitest';
import { BackendError } from '../../../src/backends/index.js';
import { fakeBackend, gate } from './fake-backend.js';
import { batches, completed, failedFor, live, liveOn } from './setup.js';

const big = { shape: '128x128', steps: 2 };

/** What the GPUs did: `denoise a 0..2`, with how it was cut. */
function workOf(
  records: readonly {
    requestIds: readonly string[];
    steps: number;
    stage?: string;
    fromSteps?: readonly number[];
    cut?: string;
  }[],
): string[] {
  return records.map(({ requestIds, steps, stage, fromSteps, cut }) => {
    const range = stage === undefined ? ` ${fromSteps![0]!}+${steps}` : '';
    return `${stage ?? 'denoise'} ${requestIds.join('+')}${range}${cut === undefined ? '' : ` ${cut}`}`;
  });
}

describe('a chunk that fails', () => {
  it('with its state intact goes on after the steps that are done', async () => {
    const { backend, submit, ended, records } = await live(1);
    backend.faults.failNextChunk({ afterSteps: 2 });
    const a = submit('a', { steps: 5 });
    await ended(a);
    expect(workOf(records)).toEqual(['denoise a 0+2 failed', 'denoise a 2+3']);
    // The step that failed took its time as well.
    expect(a).toMatchObject({ outcome: completed(60) });
    expect(a.progress.slice(3)).toEqual([
      ...['running 1/5 on 0', 'running 2/5 on 0', 'running 3/5 on 0', 'running 4/5 on 0', 'running 5/5 on 0'],
      ...['decoding 0', 'end'],
    ]);
  });

  it('with its state lost is prepared anew, and starts over', async () => {
    const { backend, submit, ended, records } = await live(1);
    backend.faults.failNextChunk({ afterSteps: 1, state: 'lost' });
    const a = submit('a', big);
    await ended(a);
    expect(workOf(records)).toEqual(['encode a', 'denoise a 0+0 failed', 'encode a', 'denoise a 0+2', 'decode a']);
    expect(a).toMatchObject({ outcome: completed(5 + 80 + 5 + 80 + 8) });
    expect(a.progress).toEqual([
      ...['queued', 'preparing 0', 'running 0/2 on 0', 'running 1/2 on 0'],
      ...['queued', 'preparing 0', 'running 0/2 on 0', 'running 1/2 on 0', 'running 2/2 on 0', 'decoding 0', 'end'],
    ]);
  });

  it('again and again without a new step ends its request', async () => {
    const { backend, submit, ended, records } = await live(1);
    for (let i = 0; i < 5; i++) backend.faults.failNextChunk({ requestId: 'a' });
    const [a, b] = [submit('a'), submit('b')];
    await ended(a, b);
    expect(a).toMatchObject({ outcome: failedFor('steps-failed', 'a chunk of a failed'), endMs: 30 });
    expect(b.outcome).toMatchObject(completed(70));
    expect(workOf(records)).toEqual([...Array<string>(3).fill('denoise a 0+0 failed'), 'denoise b 0+4']);
  });

  it('after new steps has as many tries as before', async () => {
    const { backend, submit, ended } = await live(1, { maxFailures: 2 });
    for (const afterSteps of [0, 1, 1, 1]) backend.faults.failNextChunk({ afterSteps });
    const a = submit('a');
    await ended(a);
    expect(a.outcome).toMatchObject(completed(10 + 20 + 20 + 20 + 10));
  });

  it('with its state lost has no more tries for steps that it did before', async () => {
    const { backend, submit, ended } = await live(1);
    for (let i = 0; i < 5; i++) backend.faults.failNextChunk({ afterSteps: 2, state: 'lost' });
    const a = submit('a');
    await ended(a);
    expect(a.outcome).toEqual(failedFor('steps-failed'));
  });

  it('while it is taken back ends it as that', async () => {
    const { backend, submit, until, ended } = await live(1);
    backend.faults.failNextChunk({ afterSteps: 1 });
    const a = submit('a');
    await until(15);
    void a.handle.cancel();
    await ended(a);
    expect(a).toMatchObject({ outcome: { status: 'cancelled' }, endMs: 20 });
  });
});

describe('a poisonous request in a batch', () => {
  const isPoisonous = (payload: unknown): boolean => payload === 'poison';

  it('fails alone when the backend blames it', async () => {
    const { submit, ended, records } = await live(1, { policy: batches(), simulated: { isPoisonous } });
    const [a, b] = [submit('a', {}, { payload: 'poison' }), submit('b')];
    await ended(a, b);
    expect(a.outcome).toEqual(failedFor('steps-failed'));
    expect(b.outcome).toMatchObject({ status: 'completed' });
    // Only it has to run alone from then on, and only against it the failures count.
    expect(workOf(records).filter((each) => each.includes('a'))).toEqual([
      ...['denoise a+b 0+0 failed', 'denoise a 0+0 failed', 'denoise a 0+0 failed'],
    ]);
  });

  it('fails alone when nobody is blamed, and its mates complete', async () => {
    const simulated = { isPoisonous, blames: false };
    const { submit, ended, records } = await live(1, { policy: batches(), simulated });
    const [a, b] = [submit('a', {}, { payload: 'poison' }), submit('b')];
    await ended(a, b);
    expect(a.outcome).toEqual(failedFor('steps-failed'));
    expect(b.outcome).toMatchObject({ status: 'completed' });
    // The batch counts against nobody.
    expect(workOf(records)).toEqual([
      ...['denoise a+b 0+0 failed', ...Array<string>(3).fill('denoise a 0+0 failed'), 'denoise b 0+4'],
    ]);
  });

  it('that cannot be encoded takes nothing from its mates', async () => {
    const { backend, submit, ended, records } = await live(1, { policy: batches() });
    for (let i = 0; i < 3; i++) backend.faults.failNextPrepare({ requestId: 'b' });
    const [a, b] = [submit('a', big), submit('b', big)];
    await ended(a, b);
    expect(b.outcome).toEqual(failedFor('steps-failed', 'encoding of b failed'));
    expect(a.outcome).toMatchObject({ status: 'completed' });
    // The mate was encoded once, and what it did was not lost.
    expect(workOf(records)).toEqual([
      ...['encode a', 'encode b failed', 'denoise a 0+2'],
      ...['decode a', 'encode b failed', 'encode b failed'],
    ]);
  });
});

describe('encoding that fails', () => {
  it('is tried again with nothing left of the first try', async () => {
    const { backend, submit, ended, records } = await live(1);
    backend.faults.failNextPrepare();
    const a = submit('a', big);
    await ended(a);
    expect(workOf(records)).toEqual(['encode a failed', 'encode a', 'denoise a 0+2', 'decode a']);
    expect(a.outcome).toMatchObject(completed(5 + 5 + 80 + 8));
  });

  it('leaves nothing of its own for the next try in a batch either', async () => {
    let tries = 0;
    const backend = fakeBackend({
      prepare: ({ requestId }) =>
        requestId === 'b' && tries++ === 0 ? Promise.reject(new Error('no')) : Promise.resolve(),
    });
    const { submit, ended } = await liveOn(backend, { policy: batches() });
    await ended(submit('a'), submit('b'));
    expect(backend.calls.filter((call) => call.includes(' b'))).toEqual([
      ...['prepare b on 0', 'release b', 'prepare b on 0', 'run b 0..4 on 0', 'finish b on 0', 'release b'],
    ]);
  });

  it('again and again ends its request', async () => {
    const { backend, submit, ended } = await live(1);
    for (let i = 0; i < 3; i++) backend.faults.failNextPrepare();
    const a = submit('a', big);
    await ended(a);
    expect(a).toMatchObject({ outcome: failedFor('steps-failed', 'encoding of a failed'), endMs: 15 });
  });

  it('is not needed twice where no step followed it', async () => {
    const run = gate<{ steps: number }>();
    const backend = fakeBackend({ run: run.wait });
    const { submit, clock, ended } = await liveOn(backend);
    const a = submit('a');
    await clock.advance(1);
    run.reject(new BackendError('chunk-failed', 'bang', { state: 'intact' }));
    await clock.advance(1);
    run.resolve({ steps: 4 });
    await ended(a);
    expect(backend.calls.filter((call) => call.startsWith('prepare'))).toHaveLength(1);
  });
});

describe('decoding that fails', () => {
  it('is tried again, without doing the steps again', async () => {
    const { backend, submit, ended, records } = await live(1);
    backend.faults.failNextFinish();
    const a = submit('a', big);
    await ended(a);
    expect(workOf(records)).toEqual(['encode a', 'denoise a 0+2', 'decode a failed', 'decode a']);
    expect(a.outcome).toMatchObject(completed(5 + 80 + 8 + 8));
    expect(a.progress.slice(-2)).toEqual(['decoding 0', 'end']);
  });

  it('with its state lost starts over', async () => {
    const { backend, submit, ended, records } = await live(1);
    backend.faults.failNextFinish({ state: 'lost' });
    const a = submit('a', big);
    await ended(a);
    expect(workOf(records).slice(2)).toEqual(['decode a failed', 'encode a', 'denoise a 0+2', 'decode a']);
    expect(a.outcome).toMatchObject(completed(93 + 93));
  });

  it.each<['intact' | 'lost']>([['intact'], ['lost']])('for ever ends its request, its state %s', async (state) => {
    const { backend, submit, ended } = await live(1);
    for (let i = 0; i < 9; i++) backend.faults.failNextFinish({ state });
    const a = submit('a', big);
    await ended(a);
    expect(a.outcome).toEqual(failedFor('decode-failed', 'decoding of a failed'));
  });
});
