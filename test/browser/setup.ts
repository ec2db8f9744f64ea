import { findChromium } from './find-chromium.js';

const advice = 'install it (Debian: apt-get install chromium), or set CHROMIUM_PATH';

/** Says once that the browser tests are skipped, and why; where everything has to be tested, that is a failure. */
export default function setup(): void {
  if (findChromium() !== undefined) return;
  if (process.env['CI'] === 'true') throw new Error(`The browser tests found no Chromium: ${advice}.`);
  console.warn(`SKIPPED: the browser tests, for want of a Chromium: ${advice}.`);
}
