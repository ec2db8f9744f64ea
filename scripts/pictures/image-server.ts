/** `npx tsx scripts/pictures/image-server.ts`: lets the image server work for half a minute, and takes the picture of its page that is in docs. */
import { mkdirSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { createImageServer } from '../../examples/image-server/create-image-server.js';
import { createSimulatedEngine } from '../../examples/image-server/engines/simulated-engine.js';
import { builtinProfile } from '../../src/profile/index.js';
import { findChromium } from '../../test/browser/find-chromium.js';

const file = 'docs/images/image-server.png';
const prompts = [
  'a lighthouse at dusk, oil on canvas',
  'macro photo of frost on a fern',
  'isometric tram depot in the rain, warm windows',
  'botanical plate of a thistle, 1820',
  'harbour crane seen from below, overcast',
  'still life with quinces and pewter',
  'night train through snow',
  'linocut of a heron',
];
const sizes = ['256x256', '1024x1024', '512x512', '1024x1024', '512x512', '2048x2048'];

const executablePath = findChromium();
if (executablePath === undefined) throw new Error('there is no Chromium; set CHROMIUM_PATH');
const server = await createImageServer({ engine: createSimulatedEngine(builtinProfile('flux.1-dev_h100'), 8) });
const url = await server.listen();
await server.service.opened;

const answers: Promise<unknown>[] = [];
function ask(index: number): void {
  const prompt = prompts[(index * 5) % prompts.length];
  const size = sizes[(index * 7 + (index >> 2)) % sizes.length];
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ prompt, size });
  answers.push(fetch(`${url}/v1/images/generations`, { method: 'POST', headers, body }));
}

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
// Without motion, so that nothing is caught half way.
const page = await browser.newPage({ viewport: { width: 1280, height: 860 }, reducedMotion: 'reduce' });
await page.goto(url);
for (let index = 0; index < 45; index++) {
  ask(index);
  await sleep(850);
}
mkdirSync('docs/images', { recursive: true });
await page.screenshot({ path: file });
console.log(`${file}: ${statSync(file).size} bytes`);
await browser.close();
await server.close();
await Promise.allSettled(answers);
