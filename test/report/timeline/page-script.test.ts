import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bundleTimeline, generatedFile } from '../../../scripts/bundle-timeline.mjs';

test('the bundle is up to date with the folder `page`: else run `npm run bundle:timeline`', async () => {
  // Not `toBe`, which would print a hundred thousand characters.
  expect(readFileSync(generatedFile, 'utf8') === (await bundleTimeline())).toBe(true);
});

test('it names the packages in it and their licences', () => {
  const text = readFileSync(generatedFile, 'utf8');
  for (const words of ['d3-zoom 3.0.1', 'Mike Bostock', 'Permission to use, copy, modify'])
    expect(text).toContain(words);
});
