import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createBackendOf } from '../../src/cli/profile/create-backend.js';
import type { ProfileFlags } from '../../src/cli/profile/flags.js';
import { measurePlanOf } from '../../src/cli/profile/measure-plan.js';
import { modelFlag } from '../../src/cli/profile/model-flag.js';
import { expectRefused, temporaryFile, temporaryFolder } from './run.js';

/** All that has to be said; later uses of an option count. */
const argv = [
  ...['profile', '--backend', 'cpu', '--model', 'tiny-flux', '--shapes', '64x64', '--degrees', '1,2'],
  ...['-o', 'profile.json'],
];

describe('arguments', () => {
  test.each([
    [['--backend', 'x'], 'Allowed choices are cuda, cpu.'],
    [['--model', 'x'], '--model: model.adapter: expected one of flux, sd3, shapes, tiny-flux, tiny-sd3'],
    [['--model', 'flux'], '--model flux needs the folder with the weights: --model flux:PATH'],
    [['--model', ''], 'Expected ADAPTER or ADAPTER:PATH.'],
    [['--model', ':/models'], 'Expected ADAPTER or ADAPTER:PATH.'],
    [['--model', 'flux:'], 'Expected ADAPTER or ADAPTER:PATH.'],
    [['--model', '--shapes'], 'Expected ADAPTER or ADAPTER:PATH.'],
    [['--shapes', '64x64,'], 'Expected names with commas between them.'],
    [['--shapes', '64x64,big'], 'shapes[1]: expected WIDTHxHEIGHT or WIDTHxHEIGHTxFRAMES, received "big"'],
    [['--world-size', '1'], 'degree 2 needs 2 workers, and --world-size is 1'],
    [['--name', ''], 'model: expected a string that is not empty'],
    [['--accelerator', ''], 'accelerator: expected a string that is not empty'],
    [['--python', ''], 'Expected the name of a file.'],
    [['--output', ''], 'Expected the name of a file.'],
    [['more'], "too many arguments for 'profile'"],
  ])('%j', async (more, why) => {
    await expectRefused([...argv, ...more], why);
  });

  test.each(
    ['--degrees', '--batches'].flatMap((option) =>
      ['0', '1,', '', '1.5', '1;2', '-1', '1e3'].map((text) => [option, text]),
    ),
  )('%s %j', async (option, text) => {
    await expectRefused([...argv, `${option}=${text}`], 'Expected whole numbers from 1 to 1024 with commas');
  });

  test.each(
    ['--steps', '--warmup', '--world-size'].flatMap((option) => ['8x', '-1', '', '1e9'].map((text) => [option, text])),
  )('%s %j', async (option, text) => {
    await expectRefused([...argv, `${option}=${text}`], 'Expected a whole number from');
  });

  test.each(['--backend', '--model', '--shapes', '--degrees', '-o'])('without %s', async (option) => {
    const at = argv.indexOf(option);
    await expectRefused([...argv.slice(0, at), ...argv.slice(at + 2)], /required option '.+' not specified/);
  });
});

describe('surroundings that will not do', () => {
  test('are a file that cannot be written, which is found first', async () => {
    const folder = temporaryFolder();
    const bad = ['--model', 'no-such-model'];
    await expectRefused([...argv, ...bad, '-o', folder], /cannot write ".*": it is a directory/);
    await expectRefused(
      [...argv, ...bad, '-o', join(folder, 'a', 'b')],
      /cannot write ".*": no such file or directory/,
    );
    await expectRefused([...argv, ...bad, '-o', join(temporaryFile(''), 'b')], /cannot write ".*": a part of the path/);
  });

  test('are a Python that is not there', async () => {
    const output = join(temporaryFolder(), 'profile.json');
    const python = join(temporaryFolder(), 'python');
    await expectRefused(
      [...argv, '-o', output, '--python', python],
      /^tetri: worker \d .+ could not be started: .+; install Python/,
    );
    expect(existsSync(output)).toBe(false);
  });
});

const flags: ProfileFlags = {
  ...{ backend: 'cuda', model: { adapter: 'flux', path: '/models/flux.1-dev/' }, shapes: ['64x64'], degrees: [2, 1] },
  ...{ batches: [1, 8], steps: 10, warmup: 0, output: 'profile.json' },
};
const surroundings = { date: '2026-01-31', processor: 'Abacus 9', host: 'linux x64, 2 x Abacus 9' };

describe('the plan', () => {
  test('is what was asked for', () => {
    expect(measurePlanOf(flags, surroundings)).toEqual({
      ...{ model: 'flux.1-dev', accelerator: 'CUDA GPU', shapes: ['64x64'], degrees: [1, 2], batchSizes: [1, 8] },
      ...{ steps: 10, warmupSteps: 0 },
      source: {
        by: expect.stringMatching(/^tetri profile \d+\.\d+\.\d+/),
        note: '2026-01-31, 2 cuda workers on linux x64, 2 x Abacus 9.',
      },
    });
  });

  test('has names from the adapter and the processor, or as they are given', () => {
    const tiny: ProfileFlags = { ...flags, backend: 'cpu', model: { adapter: 'tiny-flux' }, degrees: [1] };
    const note = '2026-01-31, 1 cpu worker on linux x64, 2 x Abacus 9.';
    const expected = { model: 'tiny-flux', accelerator: 'Abacus 9', source: { note } };
    expect(measurePlanOf(tiny, surroundings)).toMatchObject(expected);
    const named = { name: 'mine', accelerator: 'A100' };
    expect(measurePlanOf({ ...tiny, ...named }, surroundings)).toMatchObject({ model: 'mine', accelerator: 'A100' });
  });
});

test('the backend has workers and batches enough', () => {
  const backend = createBackendOf(flags, () => undefined);
  expect(backend).toMatchObject({ name: 'cuda workers', capabilities: { maxBatchSize: 8 } });
});

test.each([
  ['tiny-flux', { adapter: 'tiny-flux' }],
  ['flux:/models/flux', { adapter: 'flux', path: '/models/flux' }],
  ['flux:C:/models', { adapter: 'flux', path: 'C:/models' }],
])('a model %j', (text, expected) => {
  expect(modelFlag(text)).toEqual(expected);
});
