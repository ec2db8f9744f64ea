import { LRUCache } from 'lru-cache';
import type { Picture } from './engines/image-engine.js';

/** Pictures in memory, for a while: the oldest go when there are too many. A real service has a store of objects. */
export interface PictureStore {
  put(id: string, picture: Picture): void;
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
    ttlAutopurge: false,
  });
  return {
    put: (id, picture) => void pictures.set(id, picture),
    get: (id) => pictures.get(id),
    count: () => pictures.size,
    bytes: () => pictures.calculatedSize,
  };
}
