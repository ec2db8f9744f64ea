import { createByteQueue } from './byte-queue.js';

/** A message on the wire: a JSON header, and bytes whose meaning the header gives. */
export interface Frame {
  readonly header: Readonly<Record<string, unknown>>;
  readonly body: Uint8Array;
}

/** What no reader can make sense of; nothing that follows on that connection can be trusted. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

const magic = [0x54, 0x45, 0x54, 0x52] as const;
const prefixBytes = 12;
const maxHeaderBytes = 2 ** 20;
const maxBodyBytes = 2 ** 30;
const nothing: Uint8Array = new Uint8Array(0);
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * The bytes of a frame, in two parts, so that a large body is not copied.
 *
 * @throws `FrameError` if the header or the body is too large
 */
export function encodeFrame(header: object, body: Uint8Array = nothing): readonly Uint8Array[] {
  const json = encoder.encode(JSON.stringify(header));
  checkLengths(json.length, body.length);
  const head = new Uint8Array(prefixBytes + json.length);
  head.set(magic);
  const view = new DataView(head.buffer);
  view.setUint32(4, json.length);
  view.setUint32(8, body.length);
  head.set(json, prefixBytes);
  return body.length === 0 ? [head] : [head, body];
}

/** Makes frames of the pieces in which bytes arrive. */
export interface FrameReader {
  /**
   * Takes the next bytes, and tells of every frame that they complete.
   *
   * @throws `FrameError` for bytes that are no frame; from then on always
   */
  push(bytes: Uint8Array): void;
  /** Whether a frame has begun and not ended. */
  readonly isInFrame: boolean;
}

export function createFrameReader(onFrame: (frame: Frame) => void): FrameReader {
  const queue = createByteQueue();
  /** The lengths of a frame whose rest is still to come. */
  let expected: { readonly header: number; readonly body: number } | undefined;
  let broken: FrameError | undefined;

  const readNext = (): boolean => {
    if (expected === undefined) {
      if (queue.length < prefixBytes) return false;
      expected = readPrefix(queue.take(prefixBytes));
    }
    const { header, body } = expected;
    if (queue.length < header + body) return false;
    expected = undefined;
    const frame = { header: readHeader(queue.take(header)), body: queue.take(body) };
    onFrame(frame);
    return true;
  };

  return {
    push(bytes) {
      if (broken !== undefined) throw broken;
      queue.put(bytes);
      try {
        while (readNext());
      } catch (error) {
        if (error instanceof FrameError) broken = error;
        throw error;
      }
    },
    get isInFrame() {
      return expected !== undefined || queue.length > 0;
    },
  };
}

function readPrefix(prefix: Uint8Array): { readonly header: number; readonly body: number } {
  if (magic.some((byte, index) => prefix[index] !== byte)) throw new FrameError('these bytes are no frame');
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  const [header, body] = [view.getUint32(4), view.getUint32(8)];
  checkLengths(header, body);
  return { header, body };
}

function readHeader(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let header: unknown;
  try {
    header = JSON.parse(decoder.decode(bytes));
  } catch (cause) {
    throw new FrameError('the header of a frame is no JSON', { cause });
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw new FrameError('the header of a frame is no object');
  }
  return header as Readonly<Record<string, unknown>>;
}

function checkLengths(header: number, body: number): void {
  if (header > maxHeaderBytes) throw new FrameError(`a header of ${header} bytes; ${maxHeaderBytes} at most`);
  if (body > maxBodyBytes) throw new FrameError(`a body of ${body} bytes; ${maxBodyBytes} at most`);
}
