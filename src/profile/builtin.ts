import { show } from '../model/check.js';
import { TetriError } from '../model/index.js';
import { parseProfile } from './parse-profile.js';
import type { Profile } from './profile.js';
import type { StepProfile } from './step-profile.js';
import cogvideoxL20 from './tables/cogvideox-1.5-5b_l20.json' with { type: 'json' };
import fluxH100 from './tables/flux.1-dev_h100.json' with { type: 'json' };
import fluxL20 from './tables/flux.1-dev_l20.json' with { type: 'json' };
import hunyuanvideoL20 from './tables/hunyuanvideo_l20.json' with { type: 'json' };
import qwenImageH20 from './tables/qwen-image_h20.json' with { type: 'json' };
import stableDiffusion3L20 from './tables/stable-diffusion-3-medium_l20.json' with { type: 'json' };

/** The name of a profile that ships with this package: model, underscore, accelerator. */
export type BuiltinProfileName =
  | 'cogvideox-1.5-5b_l20'
  | 'flux.1-dev_h100'
  | 'flux.1-dev_l20'
  | 'hunyuanvideo_l20'
  | 'qwen-image_h20'
  | 'stable-diffusion-3-medium_l20';

const tables: Record<BuiltinProfileName, unknown> = {
  'cogvideox-1.5-5b_l20': cogvideoxL20,
  'flux.1-dev_h100': fluxH100,
  'flux.1-dev_l20': fluxL20,
  hunyuanvideo_l20: hunyuanvideoL20,
  'qwen-image_h20': qwenImageH20,
  'stable-diffusion-3-medium_l20': stableDiffusion3L20,
};

/** The names that {@link builtinProfile} knows, in alphabetical order. */
export const builtinProfileNames: readonly BuiltinProfileName[] = /* @__PURE__ */ Object.keys(
  tables,
) as BuiltinProfileName[];

const parsed = /* @__PURE__ */ new Map<string, Profile>();

/**
 * The table of a built-in profile as it stands in its JSON file: to read, or to copy and start one's own from.
 *
 * @throws `TetriError` `unknown-profile`; the message lists the names
 */
export function builtinStepProfile(name: string): StepProfile {
  if (!Object.hasOwn(tables, name)) {
    const message = `no built-in profile ${show(name)}; there are ${builtinProfileNames.join(', ')}`;
    throw new TetriError('unknown-profile', message, '', name);
  }
  return tables[name as BuiltinProfileName] as StepProfile;
}

/**
 * A profile that ships with this package, parsed on first use. Its `source` says who measured it, and whether anyone did:
 * profiles of your own hardware are always better.
 *
 * @throws `TetriError` `unknown-profile`; the message lists the names
 */
export function builtinProfile(name: string): Profile {
  const known = parsed.get(name);
  if (known !== undefined) return known;
  const profile = parseProfile(builtinStepProfile(name));
  parsed.set(name, profile);
  return profile;
}
