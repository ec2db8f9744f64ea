/**
 * Kills a server by SIGKILL again and again, and checks what its journal promises: every accepted request is completed exactly once, or
 * fails with a reason.
 *
 * `--kills N` (default 200) and `--seed N` (default: a new one, printed); a seed repeats what is drawn, not when the processes get
 * to it. Exits with 1 at the first life in which anything is not as promised; then the files stay where they are.
 */
import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCampaign } from './campaign.js';
import { bundleServer } from './life.js';
import { summarize } from './summary.js';

const { values } = parseArgs({ options: { kills: { type: 'string', default: '200' }, seed: { type: 'string' } } });
const seed = Number(values.seed ?? randomInt(2 ** 31));
const root = mkdtempSync(join(tmpdir(), 'tetri-kills-'));
const dir = join(root, 'server');
mkdirSync(dir);
console.log(`seed ${seed}, in ${root}`);

const startMs = performance.now();
const report = await runCampaign({
  ...{ program: await bundleServer(root), dir, seed, kills: Number(values.kills) },
  onLife: ({ options: { life }, exit, before, after }, kind) => {
    if (process.stdout.isTTY) {
      console.log(`life ${life}: ${kind}, ${exit.by}, open requests ${before.open.size} -> ${after.open.size}`);
    }
  },
});
for (const [name, number] of summarize(report)) console.log(`${String(number).padStart(7)}  ${name}`);
console.log(`${((performance.now() - startMs) / 1000).toFixed(0).padStart(7)}  seconds`);
for (const violation of report.violations) console.error(violation);
if (report.violations.length > 0) process.exitCode = 1;
else rmSync(root, { recursive: true });
