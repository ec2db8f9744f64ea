/** Needs `node --expose-gc`. */
function collect(): number {
  if (globalThis.gc === undefined) throw new Error('run it by node --expose-gc');
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

/**
 * The bytes of the heap that are in use, garbage collected until two readings agree: what a finalizer or a settled promise still held
 * goes with the next round.
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
