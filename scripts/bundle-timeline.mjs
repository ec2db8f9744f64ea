/**
 * `npm run bundle:timeline`: bundles what runs inside the HTML timeline (src/report/timeline/page) into the module of texts that
 * `timelinePage()` puts together, so that the library needs neither files nor packages to write a page.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = 'src/report/timeline/page';

/** Where the module is kept. */
export const generatedFile = 'src/report/timeline/page.generated.ts';

/** The module as it should be. @returns {Promise<string>} */
export async function bundleTimeline() {
  const { code: script, inputs } = await bundle(`${folder}/main.ts`);
  const { code: style } = await bundle(`${folder}/style.css`);
  const parts = {
    body: readFileSync(`${folder}/body.html`, 'utf8').trim(),
    style,
    styleHash: hashOf(style),
    script: `${legalNotice(inputs)}\n${script}`,
    scriptHash: '',
  };
  parts.scriptHash = hashOf(parts.script);
  return [
    '// Written by `npm run bundle:timeline` from the folder `page`; edit that.',
    ...Object.entries(parts).map(([name, text]) => `export const ${name}: string = ${JSON.stringify(text)};`),
    '',
  ].join('\n');
}

/** @param {string} entryPoint */
async function bundle(entryPoint) {
  const { outputFiles, metafile } = await build({
    entryPoints: [entryPoint],
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    charset: 'ascii',
    legalComments: 'none',
    metafile: true,
    write: false,
  });
  return { code: outputFiles[0]?.text.trim() ?? '', inputs: Object.keys(metafile.inputs) };
}

/** As a content security policy has it. @param {string} text */
function hashOf(text) {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

/** The licences of all bundled packages, each text once. @param {readonly string[]} inputs */
function legalNotice(inputs) {
  const packages = new Set(inputs.flatMap((input) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []));
  /** @type {Map<string, string[]>} */
  const namesByLicence = new Map();
  for (const name of [...packages].sort()) {
    const licence = readFileSync(`node_modules/${name}/LICENSE`, 'utf8').trim();
    /** @type {{ version: string }} */
    const { version } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8'));
    namesByLicence.set(licence, [...(namesByLicence.get(licence) ?? []), `${name} ${version}`]);
  }
  const notices = [...namesByLicence].map(([licence, names]) => `Contains ${names.join(', ')}:\n\n${licence}`);
  return `/*!\n${notices.join('\n\n')}\n*/`;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  writeFileSync(generatedFile, await bundleTimeline());
}
