import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createLiveFeed, type LiveFeed } from '../../../examples/image-server/live/live-feed.js';

describe('the live feed', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function start() {
    let version = 0;
    const read = vi.fn(() => `state ${version}`);
    const feed = createLiveFeed(read, 200, 15_000);
    const change = () => {
      version++;
      feed.changed();
    };
    return { feed, read, change };
  }

  /** What a watcher is told, in a list that grows. */
  function listen(feed: LiveFeed, signal = new AbortController().signal) {
    const told: string[] = [];
    const ended = (async () => {
      for await (const state of feed.watch(signal)) told.push(state);
    })();
    return { told, ended };
  }

  test('tells at once, then what changed, five times a second at most', async () => {
    const { feed, change } = start();
    const { told } = listen(feed);
    await vi.advanceTimersByTimeAsync(0);
    expect(told).toEqual(['state 0']);
    for (let at = 0; at < 100; at++) {
      change();
      await vi.advanceTimersByTimeAsync(10);
    }
    expect(told).toEqual(['state 0', 'state 20', 'state 40', 'state 60', 'state 80', 'state 100']);
  });

  test('says nothing while nothing changes, but every 15 seconds', async () => {
    const { feed, read } = start();
    const { told } = listen(feed);
    await vi.advanceTimersByTimeAsync(31_000);
    expect(told).toHaveLength(3);
    expect(read).toHaveBeenCalledTimes(3);
  });

  test('looks once for all who watch, and not at all for nobody', async () => {
    const { feed, read, change } = start();
    change();
    await vi.advanceTimersByTimeAsync(1000);
    expect(read).not.toHaveBeenCalled();
    const watchers = [listen(feed), listen(feed), listen(feed)];
    await vi.advanceTimersByTimeAsync(1000);
    read.mockClear();
    change();
    await vi.advanceTimersByTimeAsync(200);
    expect(read).toHaveBeenCalledTimes(1);
    expect(watchers.map(({ told }) => told.at(-1))).toEqual(['state 2', 'state 2', 'state 2']);
  });

  test('skips for who reads slowly what is out of date', async () => {
    const { feed, change } = start();
    const states = feed.watch(new AbortController().signal);
    await states.next();
    for (let at = 0; at < 5; at++) {
      change();
      await vi.advanceTimersByTimeAsync(200);
    }
    expect((await states.next()).value).toBe('state 5');
  });

  test('ends for who goes, and for all when it is closed', async () => {
    const { feed } = start();
    const gone = new AbortController();
    const [one, other] = [listen(feed, gone.signal), listen(feed)];
    await vi.advanceTimersByTimeAsync(0);
    expect(feed.watchers()).toBe(2);
    gone.abort();
    await one.ended;
    expect(feed.watchers()).toBe(1);
    feed.close();
    await other.ended;
    expect(feed.watchers()).toBe(0);
  });
});
