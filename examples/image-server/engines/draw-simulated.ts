import { createHash } from 'node:crypto';
import { indexedPng } from './indexed-png.js';

/** "SIMULATED" in letters of 5 x 7 points, a column between them. */
const word = [
  ' ### ##### #   # #   # #      ###  ##### ##### #### ',
  '#      #   ## ## #   # #     #   #   #   #     #   #',
  '#      #   # # # #   # #     #   #   #   #     #   #',
  ' ###   #   #   # #   # #     #####   #   ####  #   #',
  '    #  #   #   # #   # #     #   #   #   #     #   #',
  '    #  #   #   # #   # #     #   #   #   #     #   #',
  '#### ##### #   #  ###  ##### #   #   #   ##### #### ',
];
const black = 4;
const white = 5;
/** The cells of a picture: so many rows, and columns as many, mirrored in the middle. */
const cells = 16;

/**
 * A PNG that stands for a generated picture: a pattern of its own for each text, and the word "SIMULATED" on it.
 *
 * @param part - how much of it is done, from 0 to 1: the less, the coarser the pattern
 */
export function drawSimulated(width: number, height: number, text: string, part: number): Promise<Buffer> {
  const bits = createHash('sha256').update(text).digest();
  const coarse = Math.max(1, 2 ** Math.ceil(3 * (1 - part)));
  const colourOf = (row: number, column: number): number => {
    const mirrored = Math.min(column, cells - 1 - column);
    const index = (row - (row % coarse)) * (cells / 2) + mirrored - (mirrored % coarse);
    return (bits[index >> 2]! >> (2 * (index % 4))) & 3;
  };

  const points = word[0]!.length;
  const scale = Math.floor((0.9 * width) / points);
  const left = Math.floor((width - points * scale) / 2);
  const top = Math.floor((height - word.length * scale) / 2);
  /** Which line of the word a row of pixels is in; -1 just above and below it, where its ground is. */
  const lineAt = (y: number): number | undefined => {
    if (scale < 1 || y < top - scale || y >= top + (word.length + 1) * scale) return undefined;
    return y < top ? -1 : Math.floor((y - top) / scale);
  };

  const made = new Map<string, Uint8Array>();
  const rowAt = (y: number): Uint8Array => {
    const [row, line] = [Math.floor((y * cells) / height), lineAt(y)];
    const key = line === undefined ? `cells ${row}` : `word ${line}`;
    let pixels = made.get(key);
    if (pixels === undefined) {
      pixels = Uint8Array.from({ length: width }, (_, x) => {
        if (line === undefined) return colourOf(row, Math.floor((x * cells) / width));
        return word[line]?.[Math.floor((x - left) / scale)] === '#' ? white : black;
      });
      made.set(key, pixels);
    }
    return pixels;
  };
  return indexedPng(width, height, paletteOf(bits[31]! / 256), rowAt);
}

/** Four colours of neighbouring hues, black and white. */
function paletteOf(hue: number): [number, number, number][] {
  const colours = [0, 1, 2, 3].map((at) => colour(hue + 0.07 * at, 0.35 + 0.15 * at));
  return [...colours, [0, 0, 0], [255, 255, 255]];
}

/** The colour of a hue, from 0 to 1, and of a lightness. */
function colour(hue: number, lightness: number): [number, number, number] {
  const channel = (shift: number): number => {
    const wave = Math.cos(2 * Math.PI * (hue + shift));
    return Math.round(255 * Math.min(1, Math.max(0, lightness * (1 + 0.6 * wave))));
  };
  return [channel(0), channel(1 / 3), channel(2 / 3)];
}
