import { existsSync } from 'node:fs';

const usualPaths = [
  ...['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable'],
  ...['/snap/bin/chromium', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'],
];

/** Where a Chromium is: `CHROMIUM_PATH`, or else where it usually is. */
export function findChromium(): string | undefined {
  const named = process.env['CHROMIUM_PATH'];
  return named === undefined || named === '' ? usualPaths.find((path) => existsSync(path)) : named;
}
