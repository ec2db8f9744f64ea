import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { builtinStepProfile } from '../../src/profile/index.js';
import { expectRefused, run, small, temporaryFile, temporaryFolder } from './run.js';

describe('arguments', () => {
  test.each([
    [[], 'a command is missing; see tetri --help'],
    [['simulat'], "unknown command 'simulat' (Did you mean simulate?)"],
    [['simulate', '--nois'], "unknown option '--nois' (Did you mean --noise?)"],
    [['simulate', 'more'], "too many arguments for 'simulate'"],
    [['simulate', '--workload', 'x'], 'Allowed choices are uniform, skewed, drifting.'],
    [['simulate', '--arrivals', 'x'], 'Allowed choices are poisson, constant, bursts.'],
    [['simulate', '--slo-base', 'x'], 'Allowed choices are paper, fastest.'],
    [['simulate', '--policy', 'x'], 'no policy "x"; there are tetriserve, horizon, fixed-1,'],
    [['simulate', '--policy', 'edf,'], 'Expected names with commas between them.'],
    [['simulate', '--policy', ''], 'Expected names with commas between them.'],
    [['simulate', '--policy'], 'argument missing'],
    [['simulate', '--profile', 'x'], 'no profile and no file "x"; built-in profiles are cogvideox'],
    [['simulate', '--shapes', '256x256,foo'], 'expected WIDTHxHEIGHT or WIDTHxHEIGHTxFRAMES, received "foo"'],
    [['simulate', '--shapes', '9000x9000'], 'this profile measured 256 to 16384'],
    [['simulate', '--shapes', '640x640', '--slo-base', 'paper'], 'the paper has no SLO for 640x640'],
    [['simulate', '--requests', '0', '--shapes', '16x16'], 'this profile measured 256 to 16384'],
    [['simulate', '--log', '--json'], 'Expected the name of a file.'],
    [['simulate', '--log', ''], 'Expected the name of a file.'],
    [['plan', '--policy', 'x'], 'Allowed choices are tetriserve,'],
  ])('%j', async (argv, why) => {
    await expectRefused(argv, why);
  });

  const whole = ['--gpus', '--domain-size', '--requests', '--steps', '--seed'];
  const decimal = ['--rate', '--slo-scale', '--switch-ms', '--noise'];
  const noNumber = ['8x', 'NaN', 'Infinity', '-1', '1e9', '0x8', ' 8', '', '9'.repeat(40), '\u0661'];
  test.each(whole.flatMap((option) => [...noNumber, '1.5', '+1'].map((text) => [option, text] as const)))(
    '%s %j',
    async (option, text) => {
      await expectRefused(['simulate', `${option}=${text}`], /Expected a whole number from [01] to \d+\.$/m);
    },
  );
  test.each(decimal.flatMap((option) => [...noNumber, '.', '1,5', '1_0'].map((text) => [option, text] as const)))(
    '%s %j',
    async (option, text) => {
      await expectRefused(['simulate', `${option}=${text}`], /Expected a number from [\d.]+ to [\d.]+\.$/m);
    },
  );
  test.each(['--gpus', '--domain-size', '--steps', '--rate', '--slo-scale'])('%s 0', async (option) => {
    await expectRefused(['simulate', option, '0'], 'Expected a');
  });

  test.each([
    ['--workload', 'uniform'],
    ['--arrivals', 'poisson'],
    ['--rate', '12'],
    ['--requests', '300'],
    ['--steps', '28'],
    ['--shapes', '256x256'],
    ['--slo-base', 'paper'],
    ['--slo-scale', '1'],
  ])('--trace with %s', async (option, value) => {
    const file = temporaryFile('{"schemaVersion":1,"requests":[]}');
    const argv = ['simulate', '--trace', file, option, value];
    await expectRefused(argv, new RegExp(`'--trace <file>' cannot be used with option '${option} `));
  });
});

describe('files', () => {
  const good = { id: 'r1', shape: '256x256', steps: 4, arrivalMs: 0, deadlineMs: 1000 };
  const traceOf = (...requests: readonly unknown[]): string => JSON.stringify({ schemaVersion: 1, requests });

  test.each([
    ['', /not JSON/],
    ['hello\nworld', /not JSON/],
    ['\u0000\u001b[31m', /not JSON/],
    ['[]', /expected an object/],
    ['{"schemaVersion":2,"requests":[]}', /schemaVersion: this release reads version 1/],
    ['{"schemaVersion":1}', /requests: expected an array/],
    ['{"schemaVersion":1,"requests":[{"steps":NaN}]}', /not JSON/],
    [traceOf({ ...good, steps: 0 }), /requests\[0\]\.steps/],
    [traceOf({ ...good, arrivalMs: null }), /requests\[0\]\.arrivalMs/],
    [traceOf({ ...good, deadlineMs: -1 }), /requests\[0\]\.deadlineMs/],
    [traceOf({ ...good, shape: '9x9' }), /requests\[0\]\.shape: 9x9 has 1 tokens/],
    [traceOf({ ...good, shape: 'a\nb' }), /requests\[0\]\.shape/],
    [traceOf(good, good), /requests\[1\]\.id: "r1" stands twice/],
  ])('trace %j', async (text, why) => {
    const file = temporaryFile(text);
    await expectRefused(['simulate', '--trace', file], why);
    expect((await run(['simulate', '--trace', file])).stderr).toContain(`tetri: ${file}: `);
  });

  test.each([
    ['text', '{', /not JSON/],
    ['no fields', '{}', /schemaVersion/],
    [
      'no degrees',
      JSON.stringify({ ...builtinStepProfile('flux.1-dev_h100'), degrees: [] }),
      /degrees: expected at least one/,
    ],
  ])('profile with %s', async (_, text, why) => {
    await expectRefused(['simulate', '--profile', temporaryFile(text)], why);
  });

  test('that are missing, or directories', async () => {
    const folder = temporaryFolder();
    const missing = join(folder, 'missing.json');
    for (const option of ['--trace', '--profile']) {
      await expectRefused(['simulate', option, missing], /cannot read ".*missing.json": no such file or directory/);
      await expectRefused(['simulate', option, folder], /cannot read ".*": it is a directory/);
    }
    for (const option of ['--log', '--chrome-trace', '--timeline']) {
      await expectRefused([...small, option, join(missing, 'run')], /cannot write ".*": no such file or directory/);
      await expectRefused([...small, option, folder], /cannot write ".*": it is a directory/);
      await expectRefused([...small, option, join(temporaryFile(''), 'run')], /cannot write ".*": a part of the path/);
    }
  });
});
