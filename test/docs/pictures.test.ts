import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { XMLValidator } from 'fast-xml-parser';
import { describe, expect, test } from 'vitest';
import { drawPictures } from '../../scripts/pictures/draw.js';

const folder = 'docs/pictures';
const drawn = await drawPictures();

describe('docs/pictures', () => {
  test('has the pictures that are drawn, and no others', () => {
    expect(readdirSync(folder).toSorted()).toEqual([...drawn.keys()].toSorted());
  });

  test.each([...drawn])('%s is what `npm run pictures` draws', (file, svg) => {
    expect(readFileSync(join(folder, file), 'utf8')).toBe(svg);
    expect(XMLValidator.validate(svg)).toBe(true);
  });
});
