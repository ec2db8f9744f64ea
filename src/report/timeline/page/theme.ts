/** The colours of the canvas, taken from the style sheet. */
export interface Theme {
  readonly background: string;
  readonly stripe: string;
  readonly line: string;
  readonly text: string;
  readonly mutedText: string;
  readonly late: string;
  readonly chunkText: string;
  /** The colour of a request: equally bright for all, and far apart for requests that follow each other. */
  readonly chunk: (index: number) => string;
}

/** What the style sheet says now; it says something else in the dark. */
export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(name).trim();
  const [lightness, chroma] = [read('--chunk-lightness'), read('--chunk-chroma')];
  const colours = new Map<number, string>();
  return {
    ...{ background: read('--surface'), stripe: read('--stripe'), line: read('--line'), text: read('--text') },
    ...{ mutedText: read('--muted'), late: read('--late'), chunkText: read('--chunk-text') },
    chunk(index) {
      // Steps by the golden angle never come back to the same hue.
      const colour =
        colours.get(index) ?? `oklch(${lightness} ${chroma} ${((index * 137.508 + 240) % 360).toFixed(1)})`;
      colours.set(index, colour);
      return colour;
    },
  };
}
