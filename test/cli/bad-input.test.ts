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
    [['capacity', 'more'], "too many arguments for 'capacity'"],
    [['capacity', '--policy', 'x'], 'no policy "x"; there are tetriserve, horizon, fixed-1,'],
    [['capacity', '--requests', '0'], 'there are no requests'],
    [['capacity', '--target', '0'], 'Expected a number from 0.000001 to 1.'],
    [['capacity', '--target', '95'], 'Expected a number from 0.000001 to 1.'],
    [['capacity', '--target', '95%'], 'Expected a number from 0.000001 to 1.'],
    [['capacity', '--gpus', '8,4'], 'Expected each number once, in ascending order.'],
    [['capacity', '--gpus', '4,4'], 'Expected each number once, in ascending order.'],
    [['capacity', '--gpus', '0,4'], 'Expected whole numbers from 1 to 4096 with commas between them.'],
    [['capacity', '--gpus', '4', '--max-gpus', '8'], "'--gpus <n,...>' cannot be used with option '--max-gpus <n>'"],
    [['capacity', '--max-gpus', '0'], 'Expected a whole number from 1 to 4096.'],
    [['capacity', '--seeds', '0'], 'Expected a whole number from 1 to 1000.'],
    [['capacity', '--jobs', '0'], 'Expected a whole number from 1 to 1024.'],
    [['capacity', '--seed', '2'], "unknown option '--seed' (Did you mean --seeds?)"],
    [['capacity', '--profile', 'x'], 'no profile and no file "x"'],
    [['capacity', '--shapes', '9000x9000'], 'this profile measured 256 to 16384'],
    [['capacity', '--chart', '--json'], 'Expected the name of a file.'],
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
    argv[0] = 'capacity';
    await expectRefused(argv, new RegExp(`'--trace <file>' cannot be used with option '${option} `));
  });

  test('--trace with --seeds', async () => {
    const argv = ['capacity', '--trace', temporaryFile('{"schemaVersion":1,"requests":[]}'), '--seeds', '2'];
    await expectRefused(argv, "'--seeds <n>' cannot be used with option '--trace <file>'");
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

  const line = (fields: string): string => `timestamp,width,height,steps,deadline\n${fields}\n`;

  test.each([
    ['', /expected requests below a line of column names/],
    ['timestamp,shape\n', /expected requests below a line of column names/],
    ['a"b,c\n1,2\n', /not CSV: /],
    ['timestamp,shape\n2026-11-02T09:15:00Z\n', /not CSV: .*line 2/],
    ['shape\n256x256\n', /line 2: expected a column arrivalMs or timestamp/],
    ['arrivalMs\n0\n', /line 2: expected a column shape, or width and height/],
    ['arrivalMs,shape\n0,256x256\nsoon,256x256\n', /line 3\.arrivalMs: expected a number of ms, received "soon"/],
    ['arrivalMs,shape,sloMs\n0,256x256,0\n', /line 2\.sloMs/],
    ['arrivalMs,shape,sloMs\n0,256x256,2s\n', /line 2\.sloMs/],
    ['arrivalMs,shape,weight\n0,256x256,-1\n', /line 2\.weight/],
    ['arrivalMs,shape\n0,9x9\n', /line 2\.shape: 9x9 has 1 tokens/],
    ['arrivalMs,shape\n0,big\n', /line 2\.shape: expected WIDTHxHEIGHT/],
    ['id,arrivalMs,shape\na,0,256x256\na,1,256x256\n', /requests\[1\]\.id: "a" stands twice/],
    [
      'arrivalMs,shape,deadline\n0,256x256,2026-11-02T09:15:00Z\n',
      /line 2\.deadline: expected one clock for all times; this is a date, but line 2\.arrivalMs is in ms/,
    ],
    [
      'timestamp,shape,deadlineMs\n2026-11-02T09:15:00Z,256x256,\n2026-11-02T09:15:00Z,256x256,1793610903000\n',
      /line 3\.deadlineMs: expected one clock for all times; this is in ms, but line 2\.timestamp is a date/,
    ],
    [
      'arrivalMs,timestamp,shape,sloMs\n0,,256x256,900\n,2026-11-02T09:15:00Z,256x256,900\n',
      /line 3\.timestamp: .* but line 2\.arrivalMs is in ms: deadlineMs goes with arrivalMs, and deadline with timestamp/,
    ],
    [
      'arrivalMs,timestamp,shape\n0,2026-11-02T09:15:00Z,256x256\n',
      /line 2\.timestamp: .* but line 2\.arrivalMs is in ms/,
    ],
    [line('yesterday,256,256,28,'), /line 2\.timestamp: expected a date such as .*, received "yesterday"/],
    [line('2026-13-02T09:15:00Z,256,256,28,'), /line 2\.timestamp: expected a date/],
    [line('2026-02-30T00:00:00Z,256,256,28,'), /line 2\.timestamp: expected a date/],
    [line('2027-02-29 09:15,256,256,28,'), /line 2\.timestamp: expected a date/],
    [line('2028-02-29T09:15Z,256,256,28,2028-04-31T09:15Z'), /line 2\.deadline: expected a date/],
    ['arrivalMs,shape,sloMs,sloMs\n0,256x256,1000,5\n', /the column "sloMs" stands twice/],
    ['arrivalMs,user,shape,user\n0,ann,256x256,bob\n', /the column "user" stands twice/],
    [line('02/11/2026 09:15,256,256,28,'), /line 2\.timestamp: expected a date/],
    [line('2026-11-02T09:15:00Z,256,256,1.5,'), /line 2\.steps/],
    [line('2026-11-02T09:15:00Z,256,256,many,'), /line 2\.steps/],
    [line('2026-11-02T09:15:00Z,256,256,28,2026-11-02T09:14:59Z'), /line 2\.deadlineMs: due at .* before the arrival/],
  ])('CSV %j', async (text, why) => {
    const file = temporaryFile(text, 'arrivals.csv');
    await expectRefused(['simulate', '--trace', file], why);
    await expectRefused(['capacity', '--trace', file], why);
  });

  test('CSV with shapes that a rule for deadlines does not cover', async () => {
    const file = temporaryFile('arrivalMs,shape\n0,640x640\n', 'arrivals.csv');
    await expectRefused(['simulate', '--trace', file, '--slo-base', 'paper'], 'the paper has no SLO for 640x640');
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
    await expectRefused(
      ['simulate', '--trace', join(folder, 'missing.csv')],
      /cannot read ".*missing.csv": no such file/,
    );
    await expectRefused(['capacity', '--chart', folder], /cannot write ".*": it is a directory/);
    for (const option of ['--log', '--chrome-trace', '--timeline']) {
      await expectRefused([...small, option, join(missing, 'run')], /cannot write ".*": no such file or directory/);
      await expectRefused([...small, option, folder], /cannot write ".*": it is a directory/);
      await expectRefused([...small, option, join(temporaryFile(''), 'run')], /cannot write ".*": a part of the path/);
    }
  });
});
