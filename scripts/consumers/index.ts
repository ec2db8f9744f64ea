/**
 * Uses the package as strangers will: packs it, installs the tarball into projects elsewhere, and compiles, bundles and runs programs
 * there. `--other-nodes` repeats what depends on Node on other versions of it, and fails if one cannot be had; with `--allow-missing` too it
 * passes those over.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { manifest } from '../entry-points.mjs';
import { conclude, pack, step } from '../steps.mjs';
import { plansCapacity } from './capacity.js';
import { bundle, compile, importsAll } from './compile.js';
import { evaluates, saysWhatIsMissing } from './evaluate.js';
import { comparePlans, runInBrowser } from './in-browser.js';
import { install } from './install.js';
import { runCommand, runProgram } from './on-node.js';
import { tryOtherNodes } from './other-nodes.js';

const flag = { type: 'boolean', default: false } as const;
const { values: flags } = parseArgs({ options: { 'other-nodes': flag, 'allow-missing': flag } });
const temporary = mkdtempSync(join(tmpdir(), 'tetri-consumers-'));
const { tarball } = pack(temporary);
const node = { command: process.execPath, folder: dirname(process.execPath) };

const full = join(temporary, 'full');
await step('installed with what is optional', () => {
  install(
    full,
    tarball,
    Object.keys(manifest.peerDependencies).map((name) => `${name}@${manifest.devDependencies[name]}`),
  );
  return Object.keys(manifest.peerDependencies).join(', ');
});
await step('TypeScript, NodeNext: imports', () => importsAll(full));
await step('TypeScript, NodeNext: types', () => compile(full, 'typescript/tsconfig.nodenext.json'));
await step('TypeScript, NodeNext: runs', () => runProgram(node, full, 'typescript/out/all.js'));
await step('JavaScript with JSDoc: types', () => compile(full, 'jsdoc/tsconfig.consumer.json'));
await step('JavaScript with JSDoc: runs', () => runProgram(node, full, 'jsdoc/main.js'));
await step('CommonJS: runs', () => runProgram(node, full, 'commonjs/main.cjs'));
await step('command: runs', () => runCommand(node, full));
await step('command: evaluates with threads', () => evaluates(full));
await step('command: plans capacity with threads', () => plansCapacity(full));

const bare = join(temporary, 'bare');
await step('installed alone', () => {
  install(bare, tarball, []);
  return 'nothing that is optional';
});
await step('alone: types for a bundler', () => compile(bare, 'typescript/tsconfig.bundler.json'));
await step('alone: bundle', () => bundle(join(bare, 'typescript/portable.ts'), join(bare, 'portable.mjs'), 'esm'));
await step('alone: bundle runs', () => runProgram(node, bare, 'portable.mjs'));
await step('alone: bundle runs in Chromium', () => runInBrowser(join(bare, 'portable.mjs')));
await step('alone: bundle for browsers', () => bundle(join(bare, 'browser/plans.js'), join(bare, 'plans.js'), 'iife'));
await step('alone: Chromium and Node agree', () =>
  comparePlans(join(bare, 'plans.js'), join(bare, 'browser/plans.js')),
);
await step('alone: programs say what is missing', () => runProgram(node, bare, 'without-peers/main.js'));
await step('alone: the command says what is missing', () => saysWhatIsMissing(bare));

const missing = flags['other-nodes'] ? await tryOtherNodes(full, flags['allow-missing']) : [];
rmSync(temporary, { recursive: true });
if (missing.length > 0)
  console.log(`\nSKIPPED: Node ${missing.join(', ')} could not be had, so that nothing was tried on it.\n`);
conclude();
