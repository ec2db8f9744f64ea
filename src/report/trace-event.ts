/** What happened during a span of time on one lane. */
export interface CompleteEvent {
  readonly ph: 'X';
  readonly name: string;
  /** Categories, separated by commas. */
  readonly cat: string;
  readonly pid: number;
  readonly tid: number;
  /** Start, in whole microseconds, at least 0. */
  readonly ts: number;
  /** Duration, in whole microseconds. */
  readonly dur: number;
  readonly args: Readonly<Record<string, unknown>>;
}

/** What happened at one moment on one lane. */
export interface InstantEvent {
  readonly ph: 'i';
  /** `t`: drawn on its own lane, not across all of them. */
  readonly s: 't';
  readonly name: string;
  readonly cat: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly args: Readonly<Record<string, unknown>>;
}

/** A name, or a place in the order, of a process or a lane. It has no time stamp. */
export interface MetadataEvent {
  readonly ph: 'M';
  readonly name: 'process_name' | 'process_sort_index' | 'thread_name' | 'thread_sort_index';
  readonly pid: number;
  readonly tid: number;
  readonly args: { readonly name: string } | { readonly sort_index: number };
}

/** The part of the Trace Event Format that is written here; chrome://tracing and Perfetto read it. */
export type TraceEvent = CompleteEvent | InstantEvent | MetadataEvent;

/**
 * Events as a file in the JSON object form of the Trace Event Format, one event a line.
 *
 * @param about - facts about the whole trace, shown by the viewers as metadata
 */
export function formatTraceEvents(events: readonly TraceEvent[], about: Readonly<Record<string, unknown>>): string {
  const lines = events.map((event) => JSON.stringify(event)).join(',\n');
  return `{"displayTimeUnit":"ms","otherData":${JSON.stringify(about)},"traceEvents":[\n${lines}\n]}\n`;
}
