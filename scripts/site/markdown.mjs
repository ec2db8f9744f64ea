import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import MarkdownIt from 'markdown-it';

/**
 * @typedef {object} Block a block of code in a page
 * @property {string} page the file that it stands in
 * @property {string} language
 * @property {string} text
 * @property {number} line where its fence is, counted from 1
 * @property {number} endLine where its other fence is
 * @property {ReadonlyMap<string, string>} marks what the comments right above it say, such as `given` to `backend, profile`
 */

/**
 * @typedef {object} Page
 * @property {string} file
 * @property {string} text
 * @property {readonly Block[]} blocks
 * @property {readonly string[]} headings
 * @property {readonly string[]} links of text and of pictures
 */

/** The pages that people read, from the root of the repository. */
export const pageFiles = [
  ...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', 'UPGRADING.md'],
  ...['examples/README.md', 'examples/image-server/README.md'],
  ...readdirSync('docs')
    .filter((file) => file.endsWith('.md'))
    .map((file) => posix.join('docs', file)),
];

const markdown = new MarkdownIt({ html: true });

/**
 * Reads a page.
 *
 * @param {string} file
 * @returns {Page}
 */
export function readPage(file) {
  const text = readFileSync(file, 'utf8');
  const tokens = markdown.parse(text, {});
  /** @type {Block[]} */
  const blocks = [];
  /** @type {Map<string, string>} */
  let marks = new Map();
  for (const token of tokens) {
    if (token.type === 'html_block') {
      const comments = [...token.content.matchAll(/<!-- (\w+): ([^]*?) -->/g)];
      for (const [, kind = '', value = ''] of comments) marks.set(kind, value);
      continue;
    }
    if (token.type === 'fence' && token.map !== null) {
      const [start, end] = token.map;
      blocks.push({
        ...{ page: file, language: token.info.trim(), text: token.content, line: start + 1, endLine: end, marks },
      });
    }
    marks = new Map();
  }
  const inline = tokens.flatMap((token) => token.children ?? []);
  const links = inline.flatMap((token) =>
    [token.attrGet('href'), token.attrGet('src')].filter((target) => target !== null),
  );
  const headings = tokens.flatMap((token, index) =>
    token.type === 'heading_open' ? [plain(tokens[index + 1]?.children ?? [])] : [],
  );
  return { file, text, blocks, headings, links };
}

/**
 * The words of a heading.
 *
 * @param {readonly import('markdown-it').Token[]} tokens
 */
function plain(tokens) {
  return tokens.map(({ content }) => content).join('');
}
