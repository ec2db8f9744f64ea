/**
 * Draws the log that the example replays: three minutes of a picture service, with a rush in the second. Prompts come
 * in a few sizes, and steps as the quality that was chosen. `npx tsx examples/replay-your-trace/generate.ts` writes it anew; it is the same each time.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { randomStreams } from '@tetri/scheduler/simulation';

/** Sizes with the time that users are promised for them, and how often they are asked for. */
const sizes = [
  { width: 512, height: 512, sloMs: 1500, share: 0.3 },
  { width: 832, height: 1216, sloMs: 2500, share: 0.2 },
  { width: 1024, height: 1024, sloMs: 2500, share: 0.3 },
  { width: 1344, height: 768, sloMs: 2500, share: 0.12 },
  { width: 1536, height: 1536, sloMs: 4000, share: 0.08 },
] as const;

const startMs = Date.parse('2026-11-02T09:00:00Z');

/** The log as CSV. */
export function sampleLog(): string {
  const random = randomStreams(7);
  const [gap, size, quality] = [random('gaps'), random('sizes'), random('quality')];
  const lines = ['timestamp,width,height,steps,sloMs'];
  for (let atMs = 0; ;) {
    // 40 requests a minute, and 80 in the second.
    const ratePerMs = (atMs >= 60_000 && atMs < 120_000 ? 80 : 40) / 60_000;
    atMs += -Math.log(1 - gap()) / ratePerMs;
    if (atMs >= 180_000) return `${lines.join('\n')}\n`;
    const { width, height, sloMs } = pick(size());
    const steps = quality() < 0.7 ? 28 : 20;
    lines.push([new Date(startMs + atMs).toISOString(), width, height, steps, sloMs].join(','));
  }
}

function pick(position: number): (typeof sizes)[number] {
  let end = 0;
  return sizes.find(({ share }) => position < (end += share)) ?? sizes[0];
}

// Not where it is imported by a test.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL('arrivals.csv', import.meta.url), sampleLog());
}
