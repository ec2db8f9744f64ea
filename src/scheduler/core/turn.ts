import type { RoundPlan } from '../../model/index.js';
import type { Policy } from '../../policies/index.js';
import type { Profile } from '../../profile/index.js';
import type { RoundInput } from '../../rounds/index.js';
import type { AdmissionSettings } from './admission-options.js';
import type { SchedulerCommand } from './commands.js';
import type { CoreState, TrackedRequest } from './state.js';

/** What a scheduler core is made with; it never changes. */
export interface CoreSettings {
  /** What steps cost, as observation corrects it. */
  readonly profile: Profile;
  /** What steps cost by the profile alone. */
  readonly measured: Profile;
  readonly policy: Policy;
  readonly maxFailures: number;
  readonly maxCrashes: number;
  readonly admission: AdmissionSettings;
  readonly whenLate: 'finish' | 'drop';
  readonly starvationMs: number;
  readonly stallMs: number;
  readonly exclusion: boolean;
  readonly onPlan: ((input: RoundInput, plan: RoundPlan) => void) | undefined;
}

/** A turn of the core: state to change, settings to read, commands to fill. */
export interface Turn {
  readonly state: CoreState;
  readonly settings: CoreSettings;
  readonly commands: SchedulerCommand[];
  /** Whether something happened that a plan could depend on. */
  changed: boolean;
  /** GPUs that are free and kept so for a starving request, with the time in ms until when. */
  readonly held: Map<number, number>;
  /** Requests that may be what kills GPUs, and wait while another one of them shows whether it is the one. */
  inLine: ReadonlySet<TrackedRequest>;
}

/** A turn in which nothing has happened yet. */
export function newTurn(state: CoreState, settings: CoreSettings): Turn {
  return { state, settings, commands: [], changed: false, held: new Map(), inLine: new Set() };
}
