import { expect, test } from 'vitest';
import { createPolicy, planRound, policyNames } from '../../src/policies/index.js';
import { builtinProfile, builtinStepProfile } from '../../src/profile/index.js';
import { run, temporaryFile } from './run.js';

const facts = {
  nowMs: 0,
  gpus: [{ id: 0 }, { id: 1 }],
  requests: [{ id: 'r1', shape: '1024x1024', steps: 28, arrivalMs: 0, deadlineMs: 3000 }],
};
const name = 'flux.1-dev_h100';
const expected = planRound({ ...facts, profile: builtinProfile(name) });

test.each([
  ['the name of a profile', [], { ...facts, profile: name }],
  ['a profile', [], { ...facts, profile: builtinStepProfile(name) }],
  ['a profile as an argument', ['--profile', name], facts],
])('plans with %s', async (_, argv, input) => {
  const { code, stdout, stderr } = await run(['plan', ...argv], { stdin: JSON.stringify(input) });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toEqual(expected);
  expect(stdout).toBe(`${JSON.stringify(expected, null, 2)}\n`);
});

test('plans with a profile from a file', async () => {
  const file = temporaryFile(JSON.stringify(builtinStepProfile(name)));
  const { stdout } = await run(['plan', '--profile', file], { stdin: JSON.stringify(facts) });
  expect(JSON.parse(stdout)).toEqual(expected);
});

test.each(policyNames)('plans by %s', async (policy) => {
  const input = { ...facts, profile: name };
  const { code, stdout } = await run(['plan', '--policy', policy], { stdin: JSON.stringify(input) });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual(planRound({ ...facts, profile: builtinProfile(name) }, createPolicy(policy)));
});

test('tells somebody at a terminal what it waits for', async () => {
  const { code, stderr } = await run(['plan'], { isTTY: true, stdin: JSON.stringify({ ...facts, profile: name }) });
  expect(code).toBe(0);
  expect(stderr).toBe('tetri: reading a round input as JSON from the terminal; Ctrl-D ends it\n');
});

test.each([
  [[], '', 'stdin is empty'],
  [[], '{', 'stdin: not JSON'],
  [[], '[]', 'stdin: expected an object'],
  [[], JSON.stringify(facts), 'stdin: profile: expected a profile or its name; or use --profile'],
  [[], JSON.stringify({ ...facts, profile: 'x' }), 'stdin: no built-in profile "x"; there are cogvideox'],
  [[], JSON.stringify({ ...facts, profile: {} }), 'stdin: profile.schemaVersion: '],
  [['--profile', name], JSON.stringify({ ...facts, profile: name }), 'has a field profile'],
  [['--profile', name], '{"gpus":[],"requests":[]}', 'stdin: nowMs: expected a number'],
  [['--profile', name], JSON.stringify({ ...facts, gpus: [{ id: 0 }, { id: 0 }] }), 'stdin: gpus[1].id: GPU 0 stands'],
  [['--profile', name], JSON.stringify({ ...facts, requests: [{}] }), 'stdin: requests[0].steps: expected a number'],
])('refuses with %j the input %j', async (argv, stdin, why) => {
  const { code, stdout, stderr } = await run(['plan', ...argv], { stdin });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(`tetri: ${why.startsWith('has') ? 'the input ' : ''}${why}`);
  expect(stderr.split('\n')).toHaveLength(2);
});
