import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Picture } from '../../../examples/image-server/engines/image-engine.js';
import { createPictureStore } from '../../../examples/image-server/picture-store.js';

const picture = (bytes: number): Picture => ({
  ...{ contentType: 'image/png', width: 1, height: 1 },
  bytes: new Uint8Array(bytes),
});

describe('the pictures in memory', () => {
  test('are dropped when their time is over, without anybody asking for them', async () => {
    const pictures = createPictureStore(100, 20);
    expect(pictures.put('a', picture(10))).toBe(true);
    expect(pictures.get('a')).toBeDefined();
    while (pictures.count() > 0) await sleep(5);
    expect(pictures.bytes()).toBe(0);
    expect(pictures.has('a')).toBe(false);
    expect(pictures.get('a')).toBeUndefined();
  });

  test('go by age when there are too many, whoever was looked at last', () => {
    const pictures = createPictureStore(100, 60_000);
    for (const id of ['a', 'b']) pictures.put(id, picture(40));
    pictures.get('a');
    pictures.put('c', picture(40));
    expect(['a', 'b', 'c'].filter((id) => pictures.has(id))).toEqual(['b', 'c']);
    expect(pictures.bytes()).toBe(80);
  });

  test('do not hold what takes more than all may', () => {
    const pictures = createPictureStore(100, 60_000);
    pictures.put('a', picture(100));
    expect(pictures.put('b', picture(101))).toBe(false);
    expect(pictures.has('b')).toBe(false);
    expect(pictures.has('a')).toBe(true);
  });
});
