/** Bytes in the order in which they came, whatever pieces they came in. */
export interface ByteQueue {
  readonly length: number;
  put(bytes: Uint8Array): void;
  /** The first so many, at most `length`; copied only where they lie in several pieces. */
  take(count: number): Uint8Array;
}

export function createByteQueue(): ByteQueue {
  let pieces: Uint8Array[] = [];
  let length = 0;

  return {
    get length() {
      return length;
    },
    put(bytes) {
      if (bytes.length === 0) return;
      pieces.push(bytes);
      length += bytes.length;
    },
    take(count) {
      length -= count;
      const [first] = pieces;
      if (first !== undefined && first.length >= count) {
        if (first.length === count) pieces.shift();
        else pieces[0] = first.subarray(count);
        return first.subarray(0, count);
      }
      const whole = new Uint8Array(count);
      let filled = 0;
      let used = 0;
      while (filled < count) {
        const piece = pieces[used] as Uint8Array;
        const part = piece.subarray(0, count - filled);
        whole.set(part, filled);
        filled += part.length;
        if (part.length < piece.length) pieces[used] = piece.subarray(part.length);
        else used++;
      }
      pieces = pieces.slice(used);
      return whole;
    },
  };
}
