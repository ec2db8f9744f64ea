import type { CliIo } from './cli-io.js';

/** Writes one line to stderr, whatever the message holds: it may quote files. */
export function tell(io: Pick<CliIo, 'stderr'>, message: string): void {
  io.stderr.write(`tetri: ${message.replace(/\p{Cc}+/gu, ' ').trim()}\n`);
}
