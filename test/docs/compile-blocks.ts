import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { entryPoints, manifest } from '../../scripts/entry-points.mjs';
import type { Block } from '../../scripts/site/markdown.mjs';

const folder = resolve('test-output/code-blocks');

/** The file that a block becomes. */
export function fileOf({ page, line }: Block): string {
  return join(folder, `${page.replace(/\W/g, '-')}-${line}.ts`);
}

/** Names of a mark that lists them. */
export function listOf(mark: string | undefined): readonly string[] {
  return mark?.split(',').map((name) => name.trim()) ?? [];
}

/**
 * Writes blocks as modules and compiles them as strictly as the sources, but for names that are declared to be shown.
 *
 * @returns what is wrong, each with the file and the line of the block
 */
export function compileBlocks(blocks: readonly Block[]): readonly string[] {
  mkdirSync(folder, { recursive: true });
  for (const block of blocks) writeFileSync(fileOf(block), moduleOf(block));
  const { config } = ts.readConfigFile('tsconfig.json', (file) => ts.sys.readFile(file)) as {
    config: { compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, process.cwd());
  const program = ts.createProgram(blocks.map(fileOf), {
    ...options,
    // Entry points, and nothing else.
    paths: Object.fromEntries(
      entryPoints.map(({ subpath, source }) => [manifest.name + subpath.slice(1), [resolve(source)]]),
    ),
    ...{ noEmit: true, noUnusedLocals: false, noUnusedParameters: false },
  });
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const block = blocks.find((own) => resolve(fileOf(own)) === resolve(file?.fileName ?? ''));
    const line = (block?.line ?? 0) + (file?.getLineAndCharacterOfPosition(start).line ?? 0);
    return `${block?.page ?? file?.fileName}:${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}

/** The block, with the names that it is given on its first line, so that line numbers stay right. */
function moduleOf({ text, marks }: Block): string {
  const names = listOf(marks.get('given'));
  const preamble =
    names.length === 0
      ? ''
      : `import { given } from '${resolve('test/docs/given.js')}'; const { ${names.join(', ')} } = given();`;
  return `${preamble}\n${text}\nexport {};\n`;
}
