import type { CompleteRequest } from '@tetri/scheduler';
import type { JournalOnDisk } from './disk.js';
import type { Exit } from './life.js';
import type { End, Payload, ServerLine } from './lines.js';
import type { ServerOptions } from './server-options.js';

/** All that is known of one life of the server. */
export interface LifeReport {
  readonly options: ServerOptions;
  /** The journal that it found. */
  readonly before: JournalOnDisk;
  readonly lines: readonly ServerLine[];
  readonly exit: Exit;
  /** The journal that it left. */
  readonly after: JournalOnDisk;
}

/** The story of one request, over all lives. */
export interface Story {
  readonly request: CompleteRequest;
  readonly payload: Payload;
  /** The life that submitted it. */
  readonly life: number;
  /** How many were submitted before it. */
  readonly index: number;
  isAccepted: boolean;
  isRefused: boolean;
  /** Whether a journal had it, open or ended. */
  isWritten: boolean;
  /** The lives that ran it. */
  readonly ranIn: Set<number>;
  /** The lives that delivered it. */
  readonly deliveredIn: number[];
  /** How it ended, as the client was told; once. */
  told: { readonly life: number; readonly end: End } | undefined;
  /** How it ended, as the journal says; once. */
  ended: { readonly life: number; readonly end: End } | undefined;
}

/** What is known of all lives so far, and what should not have happened. */
export interface Books {
  readonly stories: Map<string, Story>;
  readonly violations: string[];
}

export function createBooks(): Books {
  return { stories: new Map(), violations: [] };
}

/** The life in which a request ended; it does nothing later. */
export function endOf(story: Story): number {
  return Math.min(story.told?.life ?? Infinity, story.ended?.life ?? Infinity);
}

/** In short: `completed`, `failed crashed`. */
export function inShort({ status, reason }: End): string {
  return reason === undefined ? status : `${status} ${reason}`;
}

/** To be closed is no end: the next life takes it up. */
export function isEnd({ status, reason }: End): boolean {
  return !(status === 'refused' || (status === 'failed' && reason === 'closed'));
}
