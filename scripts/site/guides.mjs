import { readFileSync } from 'node:fs';
import { posix } from 'node:path';

/**
 * @typedef {object} Guide
 * @property {string} file from the root of the repository, such as `docs/concepts.md`
 * @property {string} group the heading that it stands under
 */

/** Where the guides are listed: the one list of them, for readers of the repository and for the site. */
export const listFile = 'docs/README.md';

/**
 * The guides in their order: the links of lists in `docs/README.md`, each with the heading above it.
 *
 * @returns {readonly Guide[]}
 */
export function readGuides() {
  /** @type {Guide[]} */
  const guides = [];
  let group = '';
  const lines = readFileSync(listFile, 'utf8').split('\n');
  for (const line of lines) {
    group = /^## (.+)/.exec(line)?.[1] ?? group;
    const link = /^- \[[^\]]+\]\(([^)#]+\.md)\)/.exec(line)?.[1];
    if (link !== undefined) guides.push({ file: posix.join('docs', link), group });
  }
  return guides;
}

/**
 * The first heading of a Markdown text.
 *
 * @param {string} text
 */
export function titleOf(text) {
  return /^# (.+)$/m.exec(text)?.[1]?.replaceAll('`', '');
}
