import { describe, expect, test } from 'vitest';
import type { LiveState } from '../../../examples/image-server/live/live-state.js';
import { metric, patient, startServer, until } from './start-server.js';

/** What `/live` tells, until the signal is aborted. */
async function* watch(url: string, signal?: AbortSignal): AsyncGenerator<LiveState> {
  const response = await fetch(`${url}/live`, signal === undefined ? {} : { signal });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  let text = '';
  for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
    text += part;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const [event, data] = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      expect(event).toBe('event: state');
      yield JSON.parse(data!.replace('data: ', '')) as LiveState;
    }
  }
}

describe('/live', { timeout: 120_000 }, () => {
  test('tells how things stand at once', async () => {
    const { url } = await startServer({ gpus: 2 });
    for await (const state of watch(url)) {
      expect(state).toMatchObject({
        server: { model: 'flux.1-dev', policy: 'horizon', backend: 'simulated', draining: false },
        gpus: [
          { id: 0, domain: 0, state: 'idle', slowdown: 1 },
          { id: 1, domain: 0, state: 'idle', slowdown: 1 },
        ],
        ended: { completed: 0, onTime: 0, failed: 0, cancelled: 0, refused: 0 },
        ...{ groups: [], requests: [], sloAttainment: null, history: [], pictures: [] },
      });
      expect(Math.abs(state.nowMs - Date.now())).toBeLessThan(60_000);
      break;
    }
  });

  test('follows requests from the queue to the picture', async () => {
    const { url, client, server } = await startServer({ speed: 2 });
    const states: LiveState[] = [];
    const gone = new AbortController();
    const watched = (async () => {
      for await (const state of watch(url, gone.signal)) {
        states.push(state);
        if (state.pictures.length === 6 && state.history.length > 0) gone.abort();
      }
    })().catch((error: Error) => expect(error.name).toBe('AbortError'));
    await until(() => states.length > 0);
    const sizes = ['2048x2048', '1024x1024', '256x256'] as const;
    await Promise.all(
      sizes.map((size) => client.images.generate({ prompt: `a ${size} lighthouse`, size, n: 2 }, patient)),
    );
    await watched;

    for (const { groups, gpus, requests, sloAttainment } of states) {
      const used = groups.flatMap((group) => group.gpus);
      expect(new Set(used).size).toBe(used.length);
      const known = new Set(requests.map(({ id }) => id));
      for (const group of groups) {
        expect(group.degree).toBe(group.gpus.length);
        expect(group.requestIds.filter((id) => !known.has(id))).toEqual([]);
      }
      expect(gpus.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      expect(requests.map(({ deadlineMs }) => deadlineMs)).toEqual(
        requests.map(({ deadlineMs }) => deadlineMs).sort((a, b) => a - b),
      );
      for (const { stepsDone, steps, slackMs, deadlineMs, arrivalMs } of requests) {
        expect(stepsDone).toBeLessThanOrEqual(steps);
        expect(slackMs).toBeLessThan(deadlineMs - arrivalMs);
      }
      expect(sloAttainment === null || sloAttainment === 1).toBe(true);
    }
    const seen = new Set(states.flatMap(({ groups }) => groups.map(({ stage }) => stage)));
    expect(seen).toContain('running');
    const last = states.at(-1)!;
    expect(last.ended).toEqual({ completed: 6, onTime: 6, failed: 0, cancelled: 0, refused: 0 });
    expect(last.requests).toEqual([]);
    expect(new Set(last.pictures.map(({ prompt }) => prompt))).toEqual(
      new Set(sizes.map((size) => `a ${size} lighthouse`)),
    );
    for (const { url: path } of last.pictures) expect((await fetch(url + path)).status).toBe(200);
    await until(async () => (await metric(server, 'live_watchers')) === 0);
  });

  test('has a limit, and ends when the server closes', async () => {
    const { url, server } = await startServer({ maxWatchers: 1 });
    const ended = (async () => {
      for await (const state of watch(url)) void state;
    })();
    await until(async () => (await metric(server, 'live_watchers')) === 1);
    const response = await fetch(`${url}/live`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ error: { code: 'too_many_watchers' } });
    await server.close();
    await ended;
  });
});
