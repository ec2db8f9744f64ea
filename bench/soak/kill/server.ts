/**
 * A server that is there to be killed: a scheduler with a journal, on simulated GPUs and the time of the system. It submits requests
 * to itself, and says on stdout what becomes of them. SIGTERM closes it.
 *
 * `node server.mjs OPTIONS`, see `ServerOptions`.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCluster } from '@tetri/scheduler';
import { createSimulatedBackend, type SimulatedArtifact } from '@tetri/scheduler/backends/simulated';
import { createScheduler, type RequestHandle, type Scheduler } from '@tetri/scheduler/scheduler';
import { fileJournal } from '../../../src/scheduler/journal/file-journal.js';
import { randomStreams } from '../../../src/simulation/random.js';
import { drawWhole } from '../../../src/testing/draws.js';
import { keepArtifact, prepareArtifacts } from './artifacts.js';
import { drawRequest } from './draw-request.js';
import { createSay, type Payload } from './lines.js';
import { fastProfile } from './profile.js';
import { maxCrashes, type ServerOptions } from './server-options.js';

const options = JSON.parse(process.argv[2]!) as ServerOptions;
const { dir, life, fsync, submissions, knowsLarge, whenLate, whenFull } = options;
const random = randomStreams(options.seed)(`life ${life}`);
const say = createSay(options.lastLine);
const profile = fastProfile(knowsLarge);
let submitted = 0;

async function start(): Promise<Scheduler<Payload, SimulatedArtifact>> {
  const simulated = createSimulatedBackend({
    ...{ profile, cluster: createCluster(8, 4) },
    isPoisonous: (payload) => (payload as Payload).flaw === 'poisonous',
  });
  return await createScheduler<Payload, SimulatedArtifact>({
    ...{ profile, maxCrashes, whenLate, whenFull, limits: { requests: 20 } },
    journal: fileJournal(join(dir, 'journal'), { fsync }),
    backend: {
      ...simulated,
      prepare(call) {
        say({ type: 'running', id: call.requestId });
        return simulated.prepare(call);
      },
    },
    async deliver(artifact, { id }) {
      if ((artifact.payload as Payload).flaw === 'undeliverable') throw new Error('nobody takes it');
      keepArtifact(dir, id, artifact);
      say({ type: 'delivered', id });
      // Stores take their time, and a process may die meanwhile.
      await sleep(drawWhole(random, 0, 6));
    },
    onError: (error, where) => say({ type: 'error', where, message: String(error) }),
  });
}

function watch({ id, accepted, outcome }: RequestHandle, isNew: boolean): void {
  void accepted.then((isAccepted) => {
    if (isNew && isAccepted) say({ type: 'accepted', id });
  });
  void outcome.then((ending) => {
    const { status } = ending;
    const end = status === 'failed' || status === 'refused' ? { status, reason: ending.reason } : { status };
    say({ type: 'ended', id, end });
  });
}

function submitOne(scheduler: Scheduler<Payload, SimulatedArtifact>, isTakenBack: boolean): void {
  const id = `${life}-${submitted++}`;
  const { request, payload, cancelAfterMs } = drawRequest(random, id, scheduler.nowMs(), knowsLarge);
  say({ type: 'submit', request, payload });
  const handle = scheduler.submit(request, { payload });
  watch(handle, true);
  if (isTakenBack || cancelAfterMs === 0) void handle.cancel();
  else if (cancelAfterMs !== undefined) setTimeout(() => void handle.cancel(), cancelAfterMs).unref();
}

async function run(): Promise<void> {
  prepareArtifacts(dir);
  const scheduler = await start();
  say({ type: 'recovered', requests: scheduler.recovered.map(({ request }) => request) });
  for (const handle of scheduler.recovered) watch(handle, false);
  if (submissions === 'none') {
    await scheduler.drain();
    await scheduler.close();
    say({ type: 'closed' });
    return;
  }
  const timer = setInterval(() => {
    submitOne(scheduler, false);
    if (submissions === 'flood') for (let more = 0; more < 50; more += 1) submitOne(scheduler, true);
  }, 10);
  process.once('SIGTERM', () => {
    say({ type: 'closing' });
    clearInterval(timer);
    // Some always come at the last moment.
    for (let more = 0; more < 3; more += 1) submitOne(scheduler, false);
    void scheduler.close().then(() => say({ type: 'closed' }));
  });
}

try {
  await run();
} catch (error) {
  const { code = 'none', message } = error as { readonly code?: string; readonly message: string };
  say({ type: 'not-started', code, message });
  process.exitCode = 1;
}
