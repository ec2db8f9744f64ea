import { readFileSync } from 'node:fs';

/**
 * @typedef {object} EntryPoint
 * @property {string} subpath as users import it, such as `./report`
 * @property {string} name without folder and extension, such as `report/index`
 * @property {string} source such as `src/report/index.ts`
 * @property {string} file such as `dist/report/index.js`
 */

/**
 * @typedef {object} Manifest
 * @property {string} name
 * @property {string} version
 * @property {{ node: string }} engines
 * @property {Record<string, string | { types: string, default: string }>} exports
 * @property {Record<string, string>} bin
 * @property {Record<string, string>} dependencies
 * @property {Record<string, string>} peerDependencies
 * @property {Record<string, string>} devDependencies
 */

/** package.json, where `exports` is the one list of public entry points. @type {Manifest} */
export const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** @param {string} file @returns {Omit<EntryPoint, 'subpath'>} */
function fromFile(file) {
  const name = file.replace(/^(\.\/)?dist\//, '').replace(/\.js$/, '');
  return { name, source: `src/${name}.ts`, file: `dist/${name}.js` };
}

/**
 * The public entry points.
 *
 * @type {readonly EntryPoint[]}
 */
export const entryPoints = Object.entries(manifest.exports).flatMap(([subpath, target]) =>
  typeof target === 'string' ? [] : [{ subpath, ...fromFile(target.default) }],
);

/** The files that run in worker threads, started by the command. @type {readonly Omit<EntryPoint, 'subpath'>[]} */
export const threads = ['evaluate', 'capacity'].map((command) => fromFile(`dist/cli/${command}/worker.js`));

/** The commands, by name. @type {Readonly<Record<string, Omit<EntryPoint, 'subpath'>>>} */
export const commands = Object.fromEntries(Object.entries(manifest.bin).map(([name, file]) => [name, fromFile(file)]));
