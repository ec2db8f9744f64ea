/** What the command line talks to, apart from files. Injected, so that tests run it in their own process. */
export interface CliIo {
  /** Results. */
  readonly stdout: { write(text: string): unknown };
  /** Errors and progress. */
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Whether somebody types the input. */
  readonly stdinIsTerminal: () => boolean;
  /** All of the input. */
  readonly readStdin: () => Promise<string>;
  /** Milliseconds of a clock, for planning times and progress. */
  readonly clockMs: () => number;
  /** Has an interrupt, such as Ctrl-C, call back once in place of ending the process; the next one ends it. Returns what undoes that. */
  readonly onInterrupt: (callback: () => void) => () => void;
  /** Whether unexpected errors show where they come from, and workers what they write. */
  readonly debug: boolean;
}
