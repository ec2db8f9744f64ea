import type { Chunk, Lane, Run } from './run.js';
import { createSpans, type Spans } from './spans.js';

/** The part of a chunk on lanes next to each other: what is drawn as one rectangle. */
export interface Block {
  readonly chunk: Chunk;
  readonly firstLane: number;
  readonly lastLane: number;
}

/** The blocks of a lane, to be drawn and to be pointed at. */
export interface LaneBlocks {
  /** Those that begin on this lane. */
  readonly drawn: Spans<Block>;
  /** The last lane that any of these reaches. */
  readonly reach: number;
  /** Those that cover this lane. */
  readonly held: Spans<Block>;
}

/** Cuts all chunks into blocks, by lane. */
export function blocksByLane({ chunks, lanes }: Run): readonly LaneBlocks[] {
  const drawn = lanes.map((): Block[] => []);
  const held = lanes.map((): Block[] => []);
  for (const chunk of chunks) {
    for (const block of blocksOf(chunk, lanes)) {
      drawn[block.firstLane]!.push(block);
      for (let lane = block.firstLane; lane <= block.lastLane; lane++) held[lane]!.push(block);
    }
  }
  return lanes.map((_, lane) => ({
    drawn: createSpans(drawn[lane]!, ({ chunk }) => chunk),
    reach: drawn[lane]!.reduce((reach, { lastLane }) => Math.max(reach, lastLane), lane),
    held: createSpans(held[lane]!, ({ chunk }) => chunk),
  }));
}

function blocksOf(chunk: Chunk, lanes: readonly Lane[]): readonly Block[] {
  const blocks: Block[] = [];
  let first = 0;
  for (let next = 1; next <= chunk.lanes.length; next++) {
    const [last, lane] = [chunk.lanes[next - 1]!, chunk.lanes[next]];
    if (lane === last + 1 && lanes[lane]!.domain === lanes[last]!.domain) continue;
    blocks.push({ chunk, firstLane: chunk.lanes[first]!, lastLane: last });
    first = next;
  }
  return blocks;
}
