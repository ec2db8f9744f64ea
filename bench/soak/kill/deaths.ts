import { watch } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RandomSource } from '../../../src/simulation/random.js';
import { drawOne, drawWhole } from '../../../src/testing/draws.js';
import type { Life } from './life.js';
import type { LastLine } from './lines.js';

/** How a life ends. */
export type Death =
  /** Killed so long after its process was started: before there is a scheduler, while it recovers, or soon after. */
  | { readonly kind: 'early'; readonly ms: number }
  /** Killed so long after the scheduler was there. */
  | { readonly kind: 'at work'; readonly ms: number }
  /** Kills itself right after a line. */
  | { readonly kind: 'at a line'; readonly last: LastLine }
  /** Killed when a file appears beside its journal. */
  | { readonly kind: 'at a file'; readonly name: string }
  /** Killed in the middle of its life when it begins to rewrite its journal, or so long after. */
  | { readonly kind: 'at a rewrite'; readonly ms: number }
  /** Told to close, and let be. */
  | { readonly kind: 'closed'; readonly ms: number }
  /** Told to close, and killed so long after that. */
  | { readonly kind: 'while closing'; readonly ms: number; readonly closingMs: number }
  /** Told to close, and kills itself right after a line that comes then. */
  | { readonly kind: 'at a line while closing'; readonly ms: number; readonly last: LastLine };

/** Every kind often enough; the moments that matter most more often. */
export function drawDeath(random: RandomSource): Death {
  const kind = drawOne(random, [
    ...(['early', 'early', 'at work', 'at work', 'at a line', 'at a line', 'at a line'] as const),
    ...(['at a file', 'at a rewrite', 'closed', 'while closing', 'at a line while closing'] as const),
  ]);
  switch (kind) {
    case 'early':
      return { kind, ms: drawWhole(random, 0, 200) };
    case 'at work':
    case 'closed':
      return { kind, ms: drawWhole(random, 0, 300) };
    case 'at a line': {
      const type = drawOne(random, ['recovered', 'accepted', 'running', 'delivered', 'delivered', 'ended'] as const);
      return { kind, last: { type, count: type === 'recovered' ? 1 : drawWhole(random, 1, 15) } };
    }
    case 'at a file':
      return { kind, name: drawOne(random, ['journal.lock', 'journal.tmp', 'journal.lock.takeover']) };
    case 'at a rewrite':
      return { kind, ms: drawOne(random, [0, 0, drawWhole(random, 1, 20), drawWhole(random, 20, 200)]) };
    case 'while closing':
      return { kind, ms: drawWhole(random, 0, 200), closingMs: drawWhole(random, 0, 15) };
    case 'at a line while closing': {
      const type = drawOne(random, ['closing', 'accepted', 'delivered', 'ended', 'closed'] as const);
      const last = {
        type,
        count: type === 'closing' || type === 'closed' ? 1 : drawWhole(random, 1, 4),
        whileClosing: true,
      };
      return { kind, ms: drawWhole(random, 0, 200), last };
    }
  }
}

/** What does not happen within this time, in ms, is not waited for: a slow machine is killed at another moment, that is all. */
const patienceMs = 5000;

/** Sees to it that a life ends as it should; `dir` is where its journal is. */
export async function bringAbout(death: Death, life: Life, dir: string): Promise<void> {
  switch (death.kind) {
    case 'early':
      await sleep(death.ms);
      break;
    case 'at work':
      await life.said('recovered');
      await sleep(death.ms);
      break;
    case 'at a line':
      await Promise.race([life.over, sleep(patienceMs)]);
      break;
    case 'at a file':
      await appears(dir, death.name, life);
      break;
    case 'at a rewrite':
      await life.said('recovered');
      await appears(dir, 'journal.tmp', life);
      await sleep(death.ms);
      break;
    case 'closed':
    case 'while closing':
    case 'at a line while closing':
      // Before, it does not know what the signal means.
      await life.said('recovered');
      await life.said('submit');
      await sleep(death.ms);
      life.signal('SIGTERM');
      // It may be done before the line comes that it is to die at.
      if (death.kind !== 'while closing') return;
      await life.said('closing');
      await sleep(death.closingMs);
      break;
  }
  life.signal('SIGKILL');
}

/** Resolves when a file appears in a directory, when a life is over, or when that takes too long. */
async function appears(dir: string, file: string, life: Life): Promise<void> {
  const stop = new AbortController();
  const seen = new Promise<void>((resolve) => {
    watch(dir, { signal: stop.signal }, (_, name) => {
      if (name === file) resolve();
    });
  });
  await Promise.race([seen, life.over, sleep(patienceMs)]);
  stop.abort();
}
