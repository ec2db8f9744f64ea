import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCudaBackend } from '../../../src/backends/cuda/index.js';
import { readyOf, type Script } from './scripted-launcher.js';
import { closeScripted, createScripted, openScripted, pass, watch } from './scripted-setup.js';

/** Workers of which one says at its start, the first time, that it cannot work. */
function failingOnce(code: string, rank: number): Script {
  return (worker, type) => {
    if (type !== 'hello' || worker.rank !== rank || worker.life > 0) return false;
    worker.say({ type: 'fatal', code, detail: 'it says why' });
    worker.exit({ detail: 'it ended with exit code 1' });
    return true;
  };
}

describe('a backend that is opened', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('tells of its GPUs when all of its workers can work', async () => {
    const late: Script = ({ rank }, type) => rank === 1 && type === 'hello';
    const setup = createScripted(2, late, { domainSize: 1 });
    const opened = setup.open();
    await pass(1000);
    expect(opened.status).toBe('pending');
    const early = setup.prepare('a');
    await pass();
    expect(early.error).toMatchObject({ code: 'backend-not-open' });
    setup.scripted.at(1).say(readyOf(1));
    await pass();
    const gpus = [
      { id: 0, domain: 0 },
      { id: 1, domain: 1 },
    ];
    expect(opened.value).toMatchObject({ cluster: { gpus } });
    expect(await closeScripted(setup)).toEqual([]);
  });

  it('tells its workers what they are', async () => {
    const model = { adapter: 'flux', path: '/models/flux', dtype: 'float16', options: { a: 1 } } as const;
    const setup = await openScripted(2, undefined, {
      ...{ model, device: 'cuda', testing: true },
      ...{ heartbeatTimeoutMs: 10_000, collectiveTimeoutMs: 1500.5 },
    });
    expect(setup.scripted.at(1).received[0]!.header).toEqual({
      ...{ type: 'hello', protocol: 1, rank: 1, worldSize: 2, device: 'cuda', deviceIndex: 1, threads: 1 },
      ...{ model, rendezvous: { kind: 'file', directory: '/nowhere' }, testing: true },
      // A worker takes whole numbers alone.
      ...{ heartbeatMs: 1000, collectiveTimeoutMs: 1501 },
    });
    expect(await closeScripted(setup)).toEqual([]);
  });

  it.each([
    ['torch-missing', 'torch-missing', 'npm run worker:setup'],
    ['no-gpu', 'no-gpu', "device: 'cpu'"],
    ['model-not-found', 'model-not-found', 'model.path'],
    ['bad-model', 'bad-model', 'docs/cuda.md'],
    ['out-of-memory', 'out-of-memory', 'dtype'],
    ['unsupported-protocol', 'unsupported-protocol', 'release'],
    ['internal', 'worker-failed', 'what it wrote last'],
    ['a code of tomorrow', 'worker-failed', 'what it wrote last'],
  ])('where a worker says %s fails with %s and what to do, and can be opened again', async (says, code, remedy) => {
    const setup = createScripted(3, failingOnce(says, 1));
    const opened = setup.open();
    await pass();
    expect(opened.error).toMatchObject({ name: 'TetriError', code });
    expect(opened.error?.message).toContain('worker 1 could not be started: it says why\n');
    expect(opened.error?.message).toContain(remedy);
    expect(setup.scripted.alive()).toEqual([]);
    // What was handed in is still of use.
    expect(setup.scripted.closes()).toBe(0);
    const again = setup.open();
    await pass();
    expect(again.status).toBe('resolved');
    setup.prepare('a');
    await pass();
    const ran = setup.run('a', [0, 1]);
    await pass();
    expect(ran.value?.steps).toBe(2);
    expect(setup.events).toEqual([]);
    expect(await closeScripted(setup)).toEqual([]);
    expect(setup.scripted.closes()).toBe(1);
  });

  it('fails for larger batches than the model takes, and leaves no worker', async () => {
    const setup = createScripted(2, undefined, { maxBatchSize: 5 });
    const opened = setup.open();
    await pass(1000);
    expect(opened.error).toMatchObject({ code: 'out-of-range', path: 'maxBatchSize', received: 5 });
    expect(opened.error?.message).toContain('batches of at most 4');
    expect(setup.scripted.alive()).toEqual([]);
  });

  it('fails where a worker ends before it can work, with its last words', async () => {
    const setup = createScripted(2, ({ rank, exit }, type) => {
      if (rank !== 0 || type !== 'hello') return false;
      exit({ detail: 'it was ended by SIGSEGV\nlast words' });
      return true;
    });
    const opened = setup.open();
    await pass();
    expect(opened.error).toMatchObject({ code: 'worker-failed' });
    expect(opened.error?.message).toContain('it was ended by SIGSEGV\nlast words');
  });

  it('fails where a worker is not ready in time', async () => {
    const setup = createScripted(2, ({ rank }, type) => rank === 1 && type === 'hello', { startTimeoutMs: 5000 });
    const opened = setup.open();
    await pass(5001);
    expect(opened.error).toMatchObject({ code: 'worker-failed' });
    expect(opened.error?.message).toContain('it was not ready within 5000 ms');
    expect(setup.scripted.alive()).toEqual([]);
  });

  it('cannot be opened twice', async () => {
    const setup = createScripted(1);
    const opened = [setup.open(), setup.open()];
    await pass();
    opened.push(setup.open());
    await pass();
    expect(opened.map(({ status, error }) => error?.code ?? status)).toEqual([
      'resolved',
      'unsupported',
      'unsupported',
    ]);
    expect(await closeScripted(setup)).toEqual([]);
    opened.push(setup.open());
    await pass();
    expect(opened.at(-1)!.error?.code).toBe('backend-closed');
  });

  it('reports a GPU that was lost while others were loading, and its return', async () => {
    const late: Script = ({ rank, life }, type) => rank === 1 && life === 0 && type === 'hello';
    const setup = createScripted(2, late);
    const opened = setup.open();
    await pass();
    setup.scripted.at(0).exit({ detail: 'too early' });
    await pass();
    expect(opened.status).toBe('pending');
    setup.scripted.at(1).say(readyOf(1));
    await pass();
    expect(opened.status).toBe('resolved');
    expect(setup.events).toEqual(['gpu-lost 0']);
    await pass(100);
    expect(setup.events).toEqual(['gpu-lost 0', 'gpu-back 0']);
    expect(await closeScripted(setup)).toEqual([]);
  });

  it('reports one that was lost over its first groups', async () => {
    const setup = createScripted(2, ({ rank, life, exit }, type) => {
      if (rank !== 1 || life > 0 || type !== 'warm') return false;
      exit({ detail: 'it cannot meet anybody' });
      return true;
    });
    const opened = setup.open();
    await pass();
    expect(opened.status).toBe('resolved');
    expect(setup.events).toEqual(['gpu-lost 1']);
    await pass(100);
    setup.prepare('a');
    await pass();
    const ran = setup.run('a', [0, 1]);
    await pass();
    expect(ran.value?.steps).toBe(2);
  });

  it('opens also where its groups cannot be made yet, and has the workers let go of them', async () => {
    const setup = await openScripted(4, ({ rank, say, answer }, type, frame) => {
      if (rank !== 2 || type !== 'warm') return false;
      answer({ ...frame, header: {} });
      say({ type: 'failed', call: frame.header['call'], code: 'group-failed', detail: 'nobody was there' });
      return true;
    });
    const warmed = setup.scripted.workers.map((worker) =>
      worker.sent('warm').flatMap(({ groups }) => (groups as { id: string }[]).map(({ id }) => id)),
    );
    // Somebody may still wait for one who has given up.
    const dropped = setup.scripted.workers.map((worker) => worker.sent('drop').map(({ groupId }) => groupId));
    expect(dropped).toEqual(warmed);
    setup.prepare('a');
    await pass();
    const ran = setup.run('a', [0, 1, 2, 3]);
    await pass();
    expect(ran.value?.steps).toBe(2);
    expect(warmed.flat()).not.toContain((setup.scripted.at(0).sent('run')[0]!['group'] as { id: string }).id);
    expect(await closeScripted(setup)).toEqual([]);
  });

  it.each([
    ['while its workers load', 'hello'],
    ['while its workers meet', 'warm'],
  ])('and closed %s ends them at once', async (_, awaited) => {
    const setup = createScripted(2, (__, type) => type === awaited);
    const opened = setup.open();
    await pass(1000);
    expect(opened.status).toBe('pending');
    const closed = watch(setup.backend.close());
    await pass();
    expect(opened.error?.code).toBe('backend-closed');
    expect(closed.status).toBe('resolved');
    expect(setup.scripted.alive()).toEqual([]);
    expect(setup.scripted.closes()).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('closes its launcher once, also where it was never opened', async () => {
    const setup = createScripted(2);
    expect(await closeScripted(setup)).toEqual([]);
    expect(await closeScripted(setup)).toEqual([]);
    expect(setup.scripted.closes()).toBe(1);
    const opened = setup.open();
    await pass();
    expect(opened.error?.code).toBe('backend-closed');
  });

  it.each<[string, unknown]>([
    ['is no JSON', { prompt: 'x', seed: 10n }],
    ['is too large', { prompt: 'x'.repeat(2 ** 20) }],
  ])('rejects a payload that %s, and works on', async (_, payload) => {
    const setup = await openScripted(1);
    const refused = setup.prepare('a', { payload: payload as object });
    await pass();
    expect(refused.error).toMatchObject({ code: 'chunk-failed' });
    expect(setup.backend.held()).toBe(0);
    setup.prepare('b');
    await pass();
    const ran = setup.run('b', [0]);
    await pass();
    expect(ran.value?.steps).toBe(2);
    // A rejection that nobody is there to see would be reported as an error of the run.
    expect(await closeScripted(setup)).toEqual([]);
  });
});

describe('a backend without the Python that it is told of', () => {
  it('does not open, and names the remedy; again and again', async () => {
    const backend = createCudaBackend({
      model: { adapter: 'tiny-flux' },
      ...{ device: 'cpu', worldSize: 2, python: '/nowhere/python3' },
    });
    for (let tries = 0; tries < 2; tries++) {
      const error: unknown = await backend.open(() => undefined).catch((failure: unknown) => failure);
      expect(error).toMatchObject({ name: 'TetriError', code: 'python-missing' });
      expect((error as Error).message).toContain('/nowhere/python3 could not be started');
      expect((error as Error).message).toContain('TETRI_PYTHON');
    }
    await backend.close();
  });
});
