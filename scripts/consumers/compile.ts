import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { build } from 'esbuild';
import { entryPoints, manifest } from '../entry-points.mjs';
import { expectNone, run } from '../steps.mjs';

/** Fails unless the TypeScript programs import every entry point. */
export function importsAll(project: string): string {
  const folder = join(project, 'typescript');
  const sources = readdirSync(folder).filter((file) => file.endsWith('.ts'));
  const text = sources.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n');
  const specifiers = entryPoints.map(({ subpath }) => posix.join(manifest.name, subpath));
  expectNone(specifiers.filter((name) => !text.includes(`from '${name}'`)).map((name) => `nothing imports ${name}`));
  return `${specifiers.length} entry points`;
}

/** Compiles what a config says, declarations of the package included. */
export function compile(project: string, config: string): string {
  return run('tsc', ['-p', config], { cwd: project }) || 'no errors, declarations included';
}

/** Bundles a program for browsers. Nothing but what is optional is left to be imported, and there is nothing to warn of but that. */
export async function bundle(file: string, outfile: string, format: 'esm' | 'iife'): Promise<string> {
  const { metafile, warnings } = await build({
    ...{ entryPoints: [file], outfile, format, platform: 'browser', target: 'es2022' },
    ...{ bundle: true, metafile: true, minify: true, globalName: 'consumer', logLevel: 'silent' },
  });
  const optional = Object.keys(manifest.peerDependencies);
  const left = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  expectNone([
    ...left.filter((path) => !optional.includes(path)).map((path) => `it still imports ${path}`),
    ...warnings
      .filter(({ text }) => !optional.some((name) => text.includes(`"${name}"`)))
      .map(({ text }) => `esbuild warns: ${text}`),
  ]);
  const [output] = Object.values(metafile.outputs);
  return `${((output?.bytes ?? 0) / 1000).toFixed(0)} KB`;
}
