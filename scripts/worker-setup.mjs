/**
 * Makes `.venv` with what the workers of the CUDA backend need, unless it is there already: `npm run worker:setup`.
 *
 * Exit code 0: it is there. 3: there is no Python 3.10 or newer. Anything else: the installation failed.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const requirements = join(root, 'src/backends/cuda/worker/requirements.txt');
const venv = join(root, '.venv');
const python = join(venv, 'bin', 'python');
/** Says what was installed, so that a change of the requirements is noticed. */
const stamp = join(venv, 'requirements.sha256');
const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');

/** The first Python that is new enough; 3.10 has what the workers use, and packages for newer ones are there later. */
function findPython() {
  const candidates = [process.env['TETRI_PYTHON'], 'python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10'];
  const probe = 'import sys; sys.exit(0 if sys.version_info >= (3, 10) else 1)';
  return candidates.find((name) => name && spawnSync(name, ['-c', probe], { stdio: 'ignore' }).status === 0);
}

/** @param {string} command @param {string[]} args */
function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status === 0) return;
  console.error(`worker:setup: ${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`);
  process.exit(1);
}

if (!existsSync(stamp) || readFileSync(stamp, 'utf8').trim() !== wanted) {
  const base = findPython();
  if (base === undefined) {
    console.error('worker:setup: there is no Python 3.10 or newer; install one, or name it by TETRI_PYTHON');
    process.exit(3);
  }
  console.log('worker:setup: installing PyTorch and diffusers into .venv, which takes a few minutes');
  rmSync(stamp, { force: true });
  if (!existsSync(python)) run(base, ['-m', 'venv', venv]);
  const quiet = ['--quiet', '--disable-pip-version-check', '--no-input'];
  // First, and by its exact version: what asks for torch afterwards finds it there.
  const torch = readFileSync(requirements, 'utf8').match(/^torch==.*$/m)?.[0] ?? 'torch';
  run(python, ['-m', 'pip', 'install', ...quiet, torch]);
  run(python, ['-m', 'pip', 'install', ...quiet, '--requirement', requirements]);
  run(python, ['-c', 'import torch, diffusers, safetensors, PIL, transformers']);
  writeFileSync(stamp, `${wanted}\n`);
}
console.log(`worker:setup: ${python} is ready`);
