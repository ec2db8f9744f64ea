import { Option } from 'commander';
import { policyNames } from '../policies/index.js';
import { fileName, moreNames } from './arguments.js';

/** Which policies to compare. */
export function policiesOption(): Option {
  const names = `${policyNames.join(', ')}, or all; with commas, or repeated`;
  return new Option('--policy <name>', `who decides: ${names} (default: horizon)`).argParser(moreNames);
}

/** The profile that they are compared on. */
export function profileOption(): Option {
  const description = 'step times: a built-in profile, or a JSON file';
  return new Option('--profile <name|file>', description).argParser(fileName).default('flux.1-dev_h100');
}
