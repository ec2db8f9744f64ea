import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createWorkerPool } from '../../../src/backends/cuda/workers/worker-pool.js';
import { startWorker } from '../../../src/backends/cuda/workers/worker.js';
import { createScriptedLauncher, readyOf, type Script } from './scripted-launcher.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

function setup(worldSize: number, script?: Script) {
  const scripted = createScriptedLauncher(script);
  const events: string[] = [];
  const pool = createWorkerPool({
    ...{ worldSize, restartDelayMs: 100 },
    startOne: (rank) =>
      startWorker({
        ...{ rank, launcher: scripted.launcher, startTimeoutMs: 1e9, heartbeatTimeoutMs: 1e9 },
        hello: {
          ...{ type: 'hello', protocol: 1, rank, worldSize, device: 'cpu', deviceIndex: rank, threads: 1 },
          model: { adapter: 'tiny-flux', path: null, dtype: 'float32', options: {} },
          rendezvous: scripted.launcher.rendezvous,
          ...{ collectiveTimeoutMs: 1000, heartbeatMs: 100, testing: false },
        },
        onLog: () => undefined,
        onState: () => undefined,
      }),
    onLost: ({ rank }, why) => events.push(`lost ${rank}: ${why}`),
    onBack: (rank) => events.push(`back ${rank}`),
    onRestartFailed: (rank, why) => events.push(`failed ${rank}: ${why instanceof Error ? why.message : String(why)}`),
  });
  return { pool, scripted, events };
}

describe('a pool of workers', () => {
  it('starts one for each rank, and has all of them', async () => {
    const { pool, scripted } = setup(3);
    const told = await pool.start();
    expect(told.map(({ pid }) => pid)).toEqual([1000, 1001, 1002]);
    expect(scripted.workers.map(({ rank }) => rank)).toEqual([0, 1, 2]);
    expect(pool.all().map(({ rank }) => rank)).toEqual([0, 1, 2]);
    expect(pool.at(3)).toBeUndefined();
    await pool.close(1000);
    expect(pool.all()).toEqual([]);
  });

  it('starts none where one cannot be started', async () => {
    const { pool, scripted } = setup(3, ({ rank, say }, type) => {
      if (rank !== 1 || type !== 'hello') return rank === 2 && type === 'hello';
      say({ type: 'fatal', code: 'no-gpu', detail: 'there is no GPU 1' });
      return true;
    });
    await expect(pool.start()).rejects.toMatchObject({ rank: 1, code: 'no-gpu' });
    expect(scripted.alive()).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('starts a lost one anew once its process has ended', async () => {
    const { pool, scripted, events } = setup(2, (_, type) => type === 'SIGKILL');
    await pool.start();
    pool.at(1)!.lose('enough');
    expect(pool.at(1)).toBeUndefined();
    expect(pool.all()).toHaveLength(1);
    await pass(1000);
    expect(events).toEqual(['lost 1: enough']);
    expect(scripted.workers).toHaveLength(2);
    scripted.at(1).exit();
    await pass(99);
    expect(scripted.workers).toHaveLength(2);
    await pass(1);
    expect(events).toEqual(['lost 1: enough', 'back 1']);
    expect(pool.at(1)).toBeDefined();
    expect(scripted.at(1).life).toBe(1);
  });

  it('takes twice as long for each further try that fails, a minute at most, and is fast again after one that does not', async () => {
    const { pool, scripted, events } = setup(1);
    await pool.start();
    scripted.refuse(true);
    scripted.at(0).exit();
    const starts: number[] = [];
    let now = 0;
    while (starts.length < 12) {
      const before = scripted.workers.length;
      await pass(50);
      now += 50;
      if (scripted.workers.length > before) starts.push(now);
    }
    const waits = starts.map((at, index) => at - (starts[index - 1] ?? 0));
    expect(waits).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000]);
    scripted.refuse(false);
    await pass(60_000);
    expect(events.filter((event) => event.startsWith('failed'))).toHaveLength(12);
    expect(events.at(-1)).toBe('back 0');
    scripted.at(0).exit({ detail: 'again' });
    await pass(100);
    expect(events.slice(-2)).toEqual(['lost 0: again', 'back 0']);
  });

  it('tries again where one is lost in the moment in which it is ready', async () => {
    const { pool, scripted, events } = setup(1, ({ life, rank, say, sayBytes }, type) => {
      if (type !== 'hello' || life !== 1) return false;
      // In one piece, so that nobody sees it work.
      say(readyOf(rank));
      sayBytes(new TextEncoder().encode('no frame at all'));
      return true;
    });
    await pool.start();
    scripted.at(0).exit({ detail: 'gone' });
    await pass(100);
    expect(pool.at(0)).toBeUndefined();
    await pass(200);
    expect(pool.at(0)).toBeDefined();
    expect(events).toEqual([
      ...['lost 0: gone', 'failed 0: it broke the protocol: these bytes are no frame'],
      'back 0',
    ]);
  });

  it('tells of one that went while others were loading, and starts it anew', async () => {
    const { pool, scripted, events } = setup(2, ({ rank, life }, type) => type === 'hello' && rank === 1 && life === 0);
    const started = pool.start();
    await pass();
    scripted.at(0).exit({ detail: 'gone' });
    await pass();
    scripted.at(1).say(readyOf(1));
    await started;
    expect(pool.all().map(({ rank }) => rank)).toEqual([1]);
    await pass(100);
    expect(events).toEqual(['lost 0: gone', 'back 0']);
  });

  it('starts none after it was closed, and leaves no timer', async () => {
    const { pool, scripted, events } = setup(2);
    await pool.start();
    scripted.at(0).exit({ detail: 'gone' });
    await pass(50);
    await pool.close(1000);
    await pass(1e6);
    expect(scripted.workers).toHaveLength(2);
    expect(scripted.alive()).toEqual([]);
    expect(events).toEqual(['lost 0: gone']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends those that are starting again when it is closed, and those that are lost and have not ended', async () => {
    const { pool, scripted, events } = setup(2, ({ life }, type) =>
      type === 'hello' ? life === 1 : type === 'SIGKILL' && life === 0,
    );
    await pool.start();
    scripted.at(0).exit({ detail: 'gone' });
    pool.at(1)!.lose('it hangs');
    await pass(100);
    expect(scripted.alive()).toHaveLength(2);
    const closed = pool.close(1000);
    await pass();
    expect(scripted.alive().map(({ rank, life }) => [rank, life])).toEqual([[1, 0]]);
    scripted.at(1).exit();
    await closed;
    expect(events).toEqual(['lost 1: it hangs', 'lost 0: gone']);
  });
});
