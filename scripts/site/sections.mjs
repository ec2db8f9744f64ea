import { readFileSync } from 'node:fs';
import ts from 'typescript';

/**
 * What each export of an entry point is filed under: the comment above the `export` that it stands in, or the one before that. An entry point
 * reads as a table of contents, and so does its page.
 *
 * @param {string} source the file of the entry point
 * @returns {ReadonlyMap<string, string>} by the name of the export, in their order
 */
export function readSections(source) {
  const text = readFileSync(source, 'utf8');
  const file = ts.createSourceFile(source, text, ts.ScriptTarget.Latest);
  /** @type {Map<string, string>} */
  const sections = new Map();
  let section = '';
  for (const statement of file.statements) {
    for (const { pos, end, kind } of ts.getLeadingCommentRanges(text, statement.pos) ?? []) {
      if (kind === ts.SyntaxKind.SingleLineCommentTrivia) section = titleOf(text.slice(pos, end));
    }
    if (section === '' || !ts.isExportDeclaration(statement)) continue;
    const clause = statement.exportClause;
    if (clause === undefined || !ts.isNamedExports(clause)) continue;
    for (const { name } of clause.elements) sections.set(name.text, section);
  }
  return sections;
}

/**
 * The first sentence of a comment.
 *
 * @param {string} comment
 */
function titleOf(comment) {
  return comment.replace(/^\/\/ */, '').split(/[.:](?: |$)/)[0] ?? '';
}
