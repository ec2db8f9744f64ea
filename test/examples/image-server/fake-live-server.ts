import { createReadStream, existsSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PNG } from 'pngjs';
import type { LiveState } from '../../../examples/image-server/live/live-state.js';

const publicFolder = fileURLToPath(new URL('../../../examples/image-server/public', import.meta.url));
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};
const sizes = ['256x256', '512x512', '1024x1024', '2048x2048'];
const securityPolicy = "default-src 'self'; img-src 'self' data:";

/** What `POST /v1/images/generations` is answered with. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Stands for the image server, as far as its page sees it: tells the states it is given, one after another. */
export interface FakeLiveServer extends AsyncDisposable {
  readonly url: string;
  /** How often somebody began to listen. */
  readonly connections: number;
  /** What the form has sent. */
  readonly received: readonly Readonly<Record<string, unknown>>[];
  /** Tells all who listen, and first of all whoever comes later. */
  tell(state: LiveState): void;
  /** Hangs up on all who listen, and answers new ones with an error until the next {@link FakeLiveServer.tell}. */
  hangUp(): void;
  answer: (body: Readonly<Record<string, unknown>>) => Answer | Promise<Answer>;
}

/** Starts a {@link FakeLiveServer} on a free port. */
export async function startFakeLiveServer(): Promise<FakeLiveServer> {
  const listeners = new Set<ServerResponse>();
  const received: Readonly<Record<string, unknown>>[] = [];
  let state: LiveState | undefined;
  let connections = 0;

  const server = createServer((request, response) => {
    response.setHeader('content-security-policy', securityPolicy);
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    if (path === '/live') listen(response);
    else if (path === '/v1/images/generations') void generate();
    else if (path === '/v1/models') sendJson(response, { object: 'list', data: [{ id: 'flux.1-dev', sizes }] });
    else if (path.startsWith('/pictures/')) sendPicture(path, response);
    else sendFile(path === '/' ? '/index.html' : path, response);

    async function generate(): Promise<void> {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      const body = JSON.parse(text) as Readonly<Record<string, unknown>>;
      received.push(body);
      const { status, headers, body: answer = {} } = await fake.answer(body);
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(answer));
    }
  });

  function listen(response: ServerResponse): void {
    if (state === undefined) {
      response.writeHead(503).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    connections++;
    listeners.add(response);
    response.on('close', () => listeners.delete(response));
    send(response, state);
  }

  function send(response: ServerResponse, told: LiveState): void {
    response.write(`event: state\ndata: ${JSON.stringify(told)}\n\n`);
  }

  const fake: FakeLiveServer = {
    get url() {
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    },
    get connections() {
      return connections;
    },
    received,
    answer: () => ({ status: 200 }),
    tell(told) {
      state = told;
      for (const response of listeners) send(response, told);
    },
    hangUp() {
      state = undefined;
      for (const response of listeners) response.destroy();
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return fake;
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

function sendFile(path: string, response: ServerResponse): void {
  const type = types[extname(path)];
  if (type === undefined || path.includes('..') || !existsSync(publicFolder + path)) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'content-type': type });
  createReadStream(publicFolder + path).pipe(response);
}

/** A picture of slow waves, different for each name. */
function sendPicture(name: string, response: ServerResponse): void {
  const seed = [...name].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 997, 7);
  const png = new PNG({ width: 96, height: 96 });
  for (let at = 0; at < 96 * 96; at++) {
    const [x, y] = [(at % 96) / 96, Math.floor(at / 96) / 96];
    for (const channel of [0, 1, 2]) {
      const wave = Math.sin(seed + (3 + channel) * x + ((seed % 5) + channel) * y) + Math.cos(seed * channel + 5 * y);
      png.data[4 * at + channel] = 128 + 55 * wave;
    }
    png.data[4 * at + 3] = 255;
  }
  response.writeHead(200, { 'content-type': 'image/png' });
  response.end(PNG.sync.write(png));
}
