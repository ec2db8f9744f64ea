/** An SVG with a title, for readers who do not see it; ended by a newline. */
export function titled(svg: string, title: string): string {
  const text = title.replace(/[<&]/g, (char) => (char === '<' ? '&lt;' : '&amp;'));
  // By a function: `$` in a title is no pattern.
  return `${svg.replace(/^<svg [^>]*>/, (start) => `${start}\n<title>${text}</title>`)}\n`;
}
