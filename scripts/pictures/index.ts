/** `npm run pictures`: draws the pictures of the guides anew. `test/docs/pictures.test.ts` fails where that was forgotten. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawPictures } from './draw.js';

const folder = 'docs/pictures';
mkdirSync(folder, { recursive: true });
for (const [file, svg] of await drawPictures()) {
  writeFileSync(join(folder, file), svg);
  console.log(`${join(folder, file)} (${(svg.length / 1024).toFixed(0)} kB)`);
}
