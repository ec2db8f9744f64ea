import { promisify } from 'node:util';
import { crc32, deflate } from 'node:zlib';

const compress = promisify(deflate);
const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/**
 * A PNG of at most 16 colours. Rows that equal the one above cost next to nothing, so that large plain pictures are fast.
 *
 * @param palette - colours, red, green and blue from 0 to 255
 * @param rowAt - the colours of a row, one a pixel; the same array for rows that are equal
 */
export async function indexedPng(
  width: number,
  height: number,
  palette: readonly (readonly [number, number, number])[],
  rowAt: (y: number) => Uint8Array,
): Promise<Buffer> {
  const rowBytes = 1 + Math.ceil(width / 2);
  const pixels = Buffer.alloc(rowBytes * height);
  let above: Uint8Array | undefined;
  for (let y = 0; y < height; y++) {
    const row = rowAt(y);
    const at = y * rowBytes;
    if (row === above) {
      pixels[at] = 2; // Filter "up": the differences from the row above, all 0.
      continue;
    }
    above = row;
    for (let x = 0; x < width; x++) pixels[at + 1 + (x >> 1)]! |= row[x]! << (x % 2 === 0 ? 4 : 0);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([4, 3], 8); // 4 bits a pixel, by palette.
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flat())),
    chunk('IDAT', await compress(pixels, { level: 3 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Uint8Array): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(typed));
  return Buffer.concat([length, typed, sum]);
}
