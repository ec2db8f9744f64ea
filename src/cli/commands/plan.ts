import { Option, type Command } from 'commander';
import { record } from '../../model/check.js';
import { planRound, policyNames } from '../../policies/index.js';
import { builtinProfile, parseProfile, type Profile } from '../../profile/index.js';
import { validatePlan, type RoundInput } from '../../rounds/index.js';
import { fileName } from '../arguments.js';
import type { CliIo } from '../cli-io.js';
import { parseJson } from '../files.js';
import { InputError, parseInput } from '../input-error.js';
import { readPolicies } from '../read-policies.js';
import { readProfile } from '../read-profile.js';
import { tell } from '../tell.js';

interface PlanFlags {
  readonly policy: string;
  readonly profile?: string;
}

const help = `
The input is one JSON object with the fields of RoundInput: nowMs, requests,
gpus and profile, where profile is the name of a built-in profile or a profile
itself. Under "Round input" of docs/data.md there is more.

Example:
  $ echo '{"nowMs":0,"profile":"flux.1-dev_h100","gpus":[{"id":0},{"id":1}],"requests":
      [{"id":"r1","shape":"1024x1024","steps":28,"arrivalMs":0,"deadlineMs":3000}]}' | tetri plan`;

/** `tetri plan`: one round input on stdin, the plan on stdout. */
export function addPlanCommand(program: Command, io: CliIo, exit: (code: number) => void): void {
  program
    .command('plan')
    .description('Plan one round: read its input as JSON on stdin, print the plan as JSON.')
    .addOption(new Option('--policy <name>', 'who decides').choices(policyNames).default('horizon'))
    .option(
      '--profile <name|file>',
      'step times, for an input without a field profile: a built-in profile, or a JSON file',
      fileName,
    )
    .addHelpText('after', help)
    .action(async (flags: PlanFlags) => {
      exit(await plan(flags, io));
    });
}

async function plan({ policy: name, profile: profileName }: PlanFlags, io: CliIo): Promise<number> {
  const [policy] = readPolicies([name]);
  const flagged = profileName === undefined ? undefined : readProfile(profileName);
  const fields = parseJson('stdin', await readStdin(io));
  const input = parseInput('stdin', () => toRoundInput(fields, flagged));
  const result = parseInput('stdin', () => planRound(input, policy));
  io.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  const violations = validatePlan(input, result);
  for (const { code, path, message } of violations) tell(io, `${name}: the plan breaks ${code}: ${path}: ${message}`);
  return violations.length === 0 ? 0 : 1;
}

async function readStdin(io: CliIo): Promise<string> {
  if (io.stdinIsTerminal()) tell(io, 'reading a round input as JSON from the terminal; Ctrl-D ends it');
  let text: string;
  try {
    text = await io.readStdin();
  } catch (error) {
    throw new InputError(`cannot read stdin: ${(error as Error).message}`, { cause: error });
  }
  if (text.trim() === '') throw new InputError('stdin is empty; a round input as JSON is expected');
  return text;
}

/** The planner checks all fields but the profile. */
function toRoundInput(value: unknown, flagged: Profile | undefined): RoundInput {
  const fields = record(value, '');
  const given = fields['profile'];
  if (flagged !== undefined && given !== undefined) {
    throw new InputError('the input has a field profile, so that --profile cannot be used');
  }
  if (flagged === undefined && given === undefined) {
    throw new InputError('stdin: profile: expected a profile or its name; or use --profile');
  }
  const profile = flagged ?? (typeof given === 'string' ? builtinProfile(given) : parseProfile(given, 'profile'));
  return { ...fields, profile } as unknown as RoundInput;
}
