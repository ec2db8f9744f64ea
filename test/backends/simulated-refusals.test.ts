import { afterEach, describe, expect, it } from 'vitest';
import { createCluster } from '../../src/model/index.js';
import {
  big,
  createSetup,
  expectNothingLeft,
  openSetup,
  rejected,
  type Setup,
  type Watched,
} from './simulated-setup.js';

afterEach(expectNothingLeft);

/** Everything that can be asked for. */
const asks: readonly [string, (setup: Setup) => Watched<unknown>][] = [
  ['prepare', ({ prepare }) => prepare('a')],
  ['run', ({ run }) => run('a')],
  ['finish', ({ finish }) => finish('a')],
];

/** Four small requests: `new`, `begun` (1 step done), `done`; `late` is not prepared. Then 50 ms have passed. */
async function various(): Promise<Setup> {
  const setup = await openSetup('new begun done');
  setup.run('begun', { steps: 1, gpus: [1] });
  setup.run('done', { gpus: [0] });
  await setup.until(50);
  return setup;
}

describe.each(asks)('%s', (_, ask) => {
  it('is refused before the backend is open', async () => {
    const setup = createSetup();
    const asked = ask(setup);
    await setup.until(0);
    expect(asked).toEqual(rejected('backend-not-open', { state: 'intact' }));
  });

  it('is refused from the call of close on', async () => {
    const setup = await openSetup('a');
    setup.close();
    const asked = ask(setup);
    await setup.until(0);
    const later = ask(setup);
    await setup.until(0);
    for (const each of [asked, later]) expect(each).toEqual(rejected('backend-closed', { state: 'lost' }));
  });

  it('is refused once the backend was lost', async () => {
    const setup = await openSetup('a');
    setup.backend.faults.die();
    const asked = ask(setup);
    await setup.until(0);
    expect(asked).toEqual(rejected('backend-lost', { state: 'lost' }));
  });
});

describe('a call', () => {
  const cases: readonly [string, string, (setup: Setup) => Watched<unknown>][] = [
    ['not-prepared', 'run of an unknown request', ({ run }) => run('late')],
    ['not-prepared', 'run of a batch with an unknown request', ({ run }) => run('new late')],
    ['not-prepared', 'finish of an unknown request', ({ finish }) => finish('late')],
    ['already-prepared', 'prepare of a request that has a state', ({ prepare }) => prepare('begun')],
    ['wrong-step', 'prepare of no steps', ({ prepare }) => prepare('late', { steps: 0 })],
    ['wrong-step', 'prepare of half a step', ({ prepare }) => prepare('late', { steps: 1.5 })],
    ['wrong-step', 'prepare from the last step on', ({ prepare }) => prepare('late', { startStep: 4 })],
    ['wrong-step', 'prepare from before the first', ({ prepare }) => prepare('late', { startStep: -1 })],
    ['wrong-step', 'run from a step to come', ({ run }) => run('begun', { from: 2, steps: 1 })],
    ['wrong-step', 'run from a step that is done', ({ run }) => run('begun', { from: 0, steps: 1 })],
    ['wrong-step', 'run of more steps than are left', ({ run }) => run('begun', { from: 1, steps: 4 })],
    ['wrong-step', 'run of no steps', ({ run }) => run('new', { steps: 0 })],
    ['wrong-step', 'run of NaN steps', ({ run }) => run('new', { steps: NaN })],
    ['wrong-step', 'run of half a step', ({ run }) => run('new', { steps: 0.5 })],
    ['wrong-step', 'run of a batch, one of them elsewhere', ({ run }) => run('new begun', { steps: 1 })],
    ['wrong-step', 'finish with steps left', ({ finish }) => finish('begun')],
    ['unsupported', 'prepare of no shape', ({ prepare }) => prepare('late', { shape: 'big' })],
    ['unsupported', 'prepare of a shape out of range', ({ prepare }) => prepare('late', { shape: '32x32' })],
    ['unsupported', 'prepare on an unknown GPU', ({ prepare }) => prepare('late', { gpu: 4 })],
    ['unsupported', 'run of nobody', ({ run }) => run('')],
    ['unsupported', 'run of one request twice', ({ run }) => run('new new')],
    ['unsupported', 'run on no GPU', ({ run }) => run('new', { gpus: [] })],
    ['unsupported', 'run on an unknown GPU', ({ run }) => run('new', { gpus: [4] })],
    ['unsupported', 'run on one GPU twice', ({ run }) => run('new', { gpus: [1, 1] })],
    ['unsupported', 'run at an unknown degree', ({ run }) => run('new', { gpus: [0, 1, 2] })],
    ['unsupported', 'run of an unmeasured batch', ({ run }) => run('new begun', { from: [0, 1], steps: 1, gpus: [0, 1, 2, 3] })], // prettier-ignore
    ['unsupported', 'finish on an unknown GPU', ({ finish }) => finish('done', { gpu: -1 })],
  ];

  it.each(cases)('is refused with %s: %s', async (code, _, ask) => {
    const setup = await various();
    const refused = ask(setup);
    await setup.until(50);
    expect(refused).toEqual(rejected(code, { state: 'intact', steps: 0 }));
  });

  it.each(cases)('that is refused with %s changes nothing: %s', async (_code, _what, ask) => {
    const setup = await various();
    ask(setup);
    await setup.until(50);
    expect(setup.clock.pending).toBe(0);
    expect(setup.backend.held()).toBe(3);
    const calls = [
      setup.run('new', { gpus: [0, 1] }),
      setup.run('begun', { from: 1, steps: 3, gpus: [2] }),
      setup.finish('done', { gpu: 3 }),
      setup.prepare('late', { gpu: 3 }),
    ];
    await setup.until(100);
    // `begun` moves, `new` never ran.
    expect(calls.map(({ status, atMs }) => [status, atMs])).toEqual([
      ['resolved', 74],
      ['resolved', 83],
      ['resolved', 50],
      ['resolved', 50],
    ]);
  });

  it('is refused with unsupported: GPUs of two domains', async () => {
    const { run, until } = await openSetup('a', {}, { cluster: createCluster(4, 2) });
    const [split, whole] = [run('a', { gpus: [1, 2] }), run('a', { gpus: [2, 3] })];
    await until(24);
    expect(split).toEqual(rejected('unsupported'));
    expect(whole.atMs).toBe(24);
  });

  it('is refused with unsupported: a batch of two shapes, or of too many', async () => {
    const { run, prepare, until } = await openSetup('a b c', {}, { maxBatchSize: 2 });
    prepare('d', { shape: big });
    await until(5);
    const calls = [run('a d'), run('a b c')];
    await until(5);
    for (const call of calls) expect(call).toEqual(rejected('unsupported'));
  });

  it('batches one shape under two names', async () => {
    const { run, prepare, until } = await openSetup('a');
    prepare('b', { shape: '64x64x1' });
    await until(0);
    const ran = run('a b');
    await until(72);
    expect(ran.value).toEqual({ steps: 4, durationMs: 72 });
  });

  it('is refused with the error of the profile as cause', async () => {
    const { prepare, until } = await openSetup();
    const refused = prepare('a', { shape: '32x32' });
    await until(0);
    expect(refused.error!.cause).toMatchObject({ code: 'unknown-shape' });
  });
});

describe('a request that is in a call', () => {
  it.each(asks)('is refused with request-busy: %s while it is encoded', async (_, ask) => {
    const setup = await openSetup();
    const prepared = setup.prepare('a', { shape: big });
    await setup.until(1);
    const refused = ask(setup);
    await setup.until(5);
    expect(refused).toEqual(rejected('request-busy', { state: 'intact' }));
    expect(refused.atMs).toBe(1);
    expect(prepared.status).toBe('resolved');
  });

  it.each(asks)('is refused with request-busy: %s while it steps', async (_, ask) => {
    const setup = await openSetup('a');
    const ran = setup.run('a', { gpus: [2] });
    const refused = ask(setup);
    await setup.until(40);
    expect(refused).toEqual(rejected('request-busy'));
    expect(ran.value).toEqual({ steps: 4, durationMs: 40 });
  });

  it.each(asks)('is refused with request-busy: %s while it waits to be decoded', async (_, ask) => {
    const setup = await openSetup('a b');
    setup.run('a', { gpus: [2] });
    await setup.until(40);
    setup.run('b', { gpus: [3] });
    const finished = setup.finish('a', { gpu: 3 });
    const refused = ask(setup);
    await setup.until(80);
    expect(refused).toEqual(rejected('request-busy'));
    expect(finished).toMatchObject({ status: 'resolved', atMs: 80 });
  });

  it('is free when the call is answered, not before', async () => {
    const { run, until, clock } = await openSetup('a');
    const second: Watched<unknown>[] = [];
    const ran = run('a', { steps: 2, onStep: (done) => done === 2 && second.push(run('a', { from: 2, steps: 2 })) });
    await clock.advanceUntil(() => ran.status === 'resolved');
    expect(second).toEqual([rejected('request-busy')]);
    const third = run('a', { from: 2, steps: 2 });
    await until(40);
    expect(third.status).toBe('resolved');
  });
});

describe('a GPU', () => {
  it('that is in a chunk is refused to other chunks', async () => {
    const { run, until } = await openSetup('a b');
    run('a', { gpus: [1, 2] });
    await until(23);
    const early = run('b', { gpus: [0, 1] });
    await until(24);
    const late = run('b', { gpus: [0, 1] });
    await until(48);
    expect(early).toEqual(rejected('gpu-busy', { state: 'intact' }));
    expect(late.status).toBe('resolved');
  });

  it('is that of the call, whatever becomes of its argument', async () => {
    const { run, until } = await openSetup('a b');
    const gpus = [0];
    run('a', { gpus });
    gpus[0] = 1;
    await until(5);
    const calls = [run('b', { gpus: [0] }), run('b', { gpus: [1] })];
    await until(45);
    expect(calls).toEqual([rejected('gpu-busy'), expect.objectContaining({ status: 'resolved' })]);
  });

  it('that a chunk waits for is refused as well', async () => {
    const { run, prepare, until } = await openSetup('a b');
    prepare('c', { shape: big });
    run('a', { gpus: [0, 1] });
    const refused = run('b', { gpus: [1] });
    await until(1);
    expect(refused).toEqual(rejected('gpu-busy'));
  });

  it.each([
    ['prepare', ({ prepare }: Setup) => prepare('late', { gpu: 1 })],
    ['run', ({ run }: Setup) => run('new', { gpus: [0, 1] })],
    ['finish', ({ finish }: Setup) => finish('done', { gpu: 1 })],
  ])('that is lost is refused to %s, till it is back', async (_, ask) => {
    const setup = await various();
    setup.backend.faults.loseGpu(1);
    const refused = ask(setup);
    await setup.until(100);
    expect(refused).toEqual(rejected('gpu-lost', { state: 'intact', gpus: [1] }));
    expect(refused.atMs).toBe(50);
    setup.backend.faults.restoreGpu(1);
    const taken = ask(setup);
    await setup.until(200);
    expect(taken.status).toBe('resolved');
  });
});

describe('open', () => {
  it('is refused twice, and once it is closed', async () => {
    const { backend, watch, until, close } = await openSetup();
    const again = watch(backend.open(() => undefined));
    await until(0);
    close();
    const late = watch(backend.open(() => undefined));
    await until(0);
    expect(again).toEqual(rejected('unsupported'));
    expect(late).toEqual(rejected('backend-closed'));
  });

  it('is refused once it was closed fresh', async () => {
    const { backend, watch, until, close } = createSetup();
    expect(close().status).toBe('pending');
    const late = watch(backend.open(() => undefined));
    await until(0);
    expect(late).toEqual(rejected('backend-closed'));
  });
});

it('a callback that throws refuses the call, and changes nothing', async () => {
  const isPoisonous = (payload: unknown): boolean => {
    if (payload === 'bad') throw new Error('no idea');
    return false;
  };
  const { run, prepare, until } = await openSetup('a', {}, { isPoisonous });
  prepare('b', { payload: 'bad' });
  await until(0);
  const refused = run('a b');
  const ran = run('a');
  await until(40);
  expect(refused).toEqual(rejected('chunk-failed', { state: 'intact', steps: 0 }));
  expect(refused.error!.cause).toMatchObject({ message: 'no idea' });
  expect(ran.status).toBe('resolved');
});
