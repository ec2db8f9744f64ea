import { getHeapSpaceStatistics } from 'node:v8';

/** Needs `node --expose-gc`. */
function collect(): number {
  if (globalThis.gc === undefined) throw new Error('run it by node --expose-gc');
  globalThis.gc();
  return getHeapSpaceStatistics()
    .filter(({ space_name: name }) => !name.includes('code'))
    .reduce((sum, { space_used_size: bytes }) => sum + bytes, 0);
}

/**
 * The bytes of the heap that are in use, compiled code apart, which comes and goes. Garbage is collected until two readings agree: what
 * a finalizer or a settled promise still held goes with the next round.
 */
export async function usedHeap(): Promise<number> {
  let before = collect();
  for (let round = 0; round < 20; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    const now = collect();
    if (Math.abs(now - before) < 2048) return now;
    before = now;
  }
  return before;
}
