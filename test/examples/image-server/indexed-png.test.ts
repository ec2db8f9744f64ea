import fc from 'fast-check';
import { PNG } from 'pngjs';
import { expect, test } from 'vitest';
import { drawSimulated } from '../../../examples/image-server/engines/draw-simulated.js';
import { indexedPng } from '../../../examples/image-server/engines/indexed-png.js';

const channel = fc.integer({ min: 0, max: 255 });

test('a picture of at most 16 colours is read back as it was', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({ width: fc.integer({ min: 1, max: 9 }), height: fc.integer({ min: 1, max: 9 }) }),
      fc.array(fc.tuple(channel, channel, channel), { minLength: 1, maxLength: 16 }),
      fc.array(fc.nat(1000), { minLength: 1, maxLength: 6 }),
      async ({ width, height }, palette, numbers) => {
        // A few rows, which come again and again.
        const rows = numbers.map((number) =>
          Uint8Array.from({ length: width }, (_, x) => (number * (x + 1)) % palette.length),
        );
        const rowAt = (y: number): Uint8Array => rows[(y >> 1) % rows.length]!;
        const png = PNG.sync.read(await indexedPng(width, height, palette, rowAt));
        expect([png.width, png.height]).toEqual([width, height]);
        for (let y = 0; y < height; y++) {
          for (let x = 0; x < width; x++) {
            const at = 4 * (y * width + x);
            expect([...png.data.subarray(at, at + 4)]).toEqual([...palette[rowAt(y)[x]!]!, 255]);
          }
        }
      },
    ),
    { numRuns: 50 },
  );
});

test.each([
  [64, 64],
  [1024, 512],
  [48, 4096],
])('a simulated picture of %i x %i has its size, and its own pattern for each text', async (width, height) => {
  const [a, again, b] = await Promise.all(['a', 'a', 'b'].map((text) => drawSimulated(width, height, text, 1)));
  const { width: w, height: h } = PNG.sync.read(a!);
  expect([w, h]).toEqual([width, height]);
  expect(a!.equals(again!)).toBe(true);
  expect(a!.equals(b!)).toBe(false);
});
