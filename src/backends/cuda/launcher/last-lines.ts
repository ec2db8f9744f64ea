/** The last lines of a text that comes in pieces: enough to explain an end, and no more memory than that. */
export interface LastLines {
  push(text: string): void;
  /** The last of them, the unfinished one included. */
  lines(): readonly string[];
}

const maxLineLength = 2000;

/** @param onLine - told of every line that is complete, cut where it is far too long */
export function createLastLines(count: number, onLine: (line: string) => void): LastLines {
  const last: string[] = [];
  let rest = '';
  const add = (line: string): void => {
    const short = line.length > maxLineLength ? `${line.slice(0, maxLineLength)}...` : line;
    last.push(short);
    if (last.length > count) last.shift();
    onLine(short);
  };
  return {
    push(text) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) add(line);
      // Somebody who never ends a line must not fill the memory.
      if (rest.length > 2 * maxLineLength) {
        add(rest);
        rest = '';
      }
    },
    lines: () => (rest === '' ? last : [...last, rest]),
  };
}
