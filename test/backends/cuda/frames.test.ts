import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFrameReader, encodeFrame, FrameError, type Frame } from '../../../src/backends/cuda/protocol/frames.js';

const magic = [0x54, 0x45, 0x54, 0x52];

/** The first 12 bytes of a frame. */
function prefix(headerBytes: number, bodyBytes: number, start = magic): Uint8Array {
  const bytes = new Uint8Array(12);
  bytes.set(start);
  const view = new DataView(bytes.buffer);
  view.setUint32(4, headerBytes);
  view.setUint32(8, bodyBytes);
  return bytes;
}

/** A whole frame with these bytes as its header. */
function framed(header: Uint8Array): Uint8Array {
  return join([prefix(header.length, 0), header]);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function cut(bytes: Uint8Array, at: readonly number[]): readonly Uint8Array[] {
  const places = [0, ...[...at].sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const frames = fc.array(
  fc.record({
    // What JSON keeps: no -0, and `__proto__` is a name as any other.
    header: fc
      .dictionary(fc.string({ unit: 'binary', maxLength: 6 }), fc.jsonValue({ maxDepth: 2 }), { noNullPrototype: true })
      .map((header) => JSON.parse(JSON.stringify(header)) as Record<string, unknown>),
    body: fc.uint8Array({ maxLength: 60 }),
  }),
  { maxLength: 5 },
);

describe('frames', () => {
  it('are read back equal, in whatever pieces they come', () => {
    const withCuts = frames.chain((sent) => {
      const bytes = join(sent.flatMap(({ header, body }) => encodeFrame(header, body)));
      return fc.record({
        sent: fc.constant(sent),
        pieces: fc.array(fc.nat(bytes.length), { maxLength: 30 }).map((at) => cut(bytes, at)),
      });
    });
    fc.assert(
      fc.property(withCuts, ({ sent, pieces }) => {
        const read: Frame[] = [];
        const reader = createFrameReader((frame) => read.push(frame));
        for (const piece of pieces) reader.push(piece);
        expect(read.map(({ header, body }) => ({ header, body: [...body] }))).toEqual(
          sent.map(({ header, body }) => ({ header, body: [...body] })),
        );
        expect(reader.isInFrame).toBe(false);
      }),
    );
  });

  it('are told of as soon as their last byte is there, and not before', () => {
    const bytes = join(encodeFrame({ type: 'beat' }, Uint8Array.of(1, 2)));
    const read: Frame[] = [];
    const reader = createFrameReader((frame) => read.push(frame));
    for (let index = 0; index < bytes.length; index++) {
      expect(reader.isInFrame).toBe(index > 0);
      expect(read).toHaveLength(0);
      reader.push(bytes.subarray(index, index + 1));
    }
    expect(read).toHaveLength(1);
    expect(reader.isInFrame).toBe(false);
  });

  it.each<[string, Uint8Array, string]>([
    ['that start with anything else', prefix(2, 0, [0x54, 0x45, 0x54, 0x53]), 'these bytes are no frame'],
    ['that are a line of text', utf8('Traceback (most recent call last):'), 'these bytes are no frame'],
    ['whose header is no JSON', framed(utf8('{"type":')), 'the header of a frame is no JSON'],
    ['whose header is empty', framed(utf8('')), 'the header of a frame is no JSON'],
    ['whose header is a list', framed(utf8('[]')), 'the header of a frame is no object'],
    ['whose header is null', framed(utf8('null')), 'the header of a frame is no object'],
    ['whose header is text', framed(utf8('"beat"')), 'the header of a frame is no object'],
    ['whose header is not UTF-8', framed(Uint8Array.of(0x22, 0xff, 0x22)), 'the header of a frame is no JSON'],
    ['with a header that is too large', prefix(2 ** 20 + 1, 0), 'a header of 1048577 bytes; 1048576 at most'],
    ['with a body that is too large', prefix(2, 2 ** 30 + 1), 'a body of 1073741825 bytes; 1073741824 at most'],
  ])('%s are the end of the connection', (_, bytes, message) => {
    const read: Frame[] = [];
    const reader = createFrameReader((frame) => read.push(frame));
    const good = join(encodeFrame({ type: 'beat' }));
    reader.push(good);
    expect(() => reader.push(bytes)).toThrow(FrameError);
    // Nothing that follows is trusted, however good it looks.
    expect(() => reader.push(good)).toThrow(message);
    expect(() => reader.push(new Uint8Array(0))).toThrow(message);
    expect(read).toHaveLength(1);
  });

  it('are told of before those that cannot be read', () => {
    const read: Frame[] = [];
    const reader = createFrameReader((frame) => read.push(frame));
    const bytes = join([...encodeFrame({ type: 'fatal' }), utf8('no frame at all')]);
    expect(() => reader.push(bytes)).toThrow(FrameError);
    expect(read).toEqual([{ header: { type: 'fatal' }, body: new Uint8Array(0) }]);
  });

  it('take the largest header there may be, and no larger one', () => {
    const headerOf = (bytes: number) => ({ a: 'x'.repeat(bytes - '{"a":""}'.length) });
    const read: Frame[] = [];
    const largest = headerOf(2 ** 20);
    createFrameReader((frame) => read.push(frame)).push(join(encodeFrame(largest)));
    expect(read[0]!.header).toEqual(largest);
    expect(() => encodeFrame(headerOf(2 ** 20 + 1))).toThrow(FrameError);
    // What counts is bytes, not characters.
    expect(() => encodeFrame({ a: 'ü'.repeat(2 ** 19) })).toThrow(FrameError);
  });

  it('take no body that is too large', () => {
    // Its length is all that is looked at, so that the test needs no gigabyte.
    const body = { length: 2 ** 30 + 1 } as Uint8Array;
    expect(() => encodeFrame({}, body)).toThrow('a body of 1073741825 bytes; 1073741824 at most');
  });

  it('do not copy their body', () => {
    const body = Uint8Array.of(1, 2, 3);
    expect(encodeFrame({ type: 'load' }, body)[1]).toBe(body);
  });
});
