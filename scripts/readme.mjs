/** Puts the examples that the README and the guides show, and what they print, into them. `test/docs` fails where that was forgotten. */
import { readFileSync, writeFileSync } from 'node:fs';
import { pageFiles, readPage } from './site/markdown.mjs';
import { outputOf, timeless } from './site/program-output.mjs';

for (const file of pageFiles) {
  const { text, blocks } = readPage(file);
  const lines = text.split('\n');
  // From the end, so that the lines of those above stay where they are.
  for (const { marks, line, endLine, text: shown } of blocks.toReversed()) {
    const [example, output] = [marks.get('example'), marks.get('output')];
    if (example !== undefined) replace(readFileSync(example, 'utf8'));
    if (output === undefined) continue;
    const printed = outputOf(output);
    if (timeless(printed) !== timeless(shown)) replace(printed);

    /** @param {string} content */
    function replace(content) {
      lines.splice(line, endLine - line - 1, ...content.trimEnd().split('\n'));
    }
  }
  const filled = lines.join('\n');
  if (filled !== text) writeFileSync(file, filled);
}
