import { LRUCache } from 'lru-cache';
import type { Picture } from './engines/image-engine.js';

/** Pictures in memory, for a while: the oldest go when they take too much, also before their time. A real service has a store of objects. */
export interface PictureStore {
  /** @returns whether it is kept: one that takes more than all may is not */
  put(id: string, picture: Picture): boolean;
  /** Whether it can still be had. */
  has(id: string): boolean;
  get(id: string): Picture | undefined;
  /** Pictures that are kept. */
  count(): number;
  /** What they take. */
  bytes(): number;
}

export function createPictureStore(maxBytes: number, keepMs: number): PictureStore {
  const pictures = new LRUCache<string, Picture>({
    maxSize: maxBytes,
    sizeCalculation: ({ bytes }) => bytes.byteLength,
    ttl: keepMs,
    ttlAutopurge: true,
  });
  return {
    put: (id, picture) => pictures.set(id, picture).has(id),
    has: (id) => pictures.has(id),
    // Not `get()`, after which it would count as new.
    get: (id) => pictures.peek(id),
    count: () => pictures.size,
    bytes: () => pictures.calculatedSize,
  };
}
