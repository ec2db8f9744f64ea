import { policyNames } from '@tetri/scheduler';
import { Command, InvalidArgumentError, Option } from 'commander';
import { engineKinds, type EngineKind } from './engines/engine-kind.js';
import { defaults } from './options.js';

/** What can be said on the command line. */
export interface Flags {
  readonly host: string;
  readonly port: number;
  readonly backend: EngineKind;
  readonly gpus: number | undefined;
  readonly profile: string | undefined;
  readonly model: string | undefined;
  readonly policy: string;
  readonly speed: number | undefined;
  readonly steps: number | undefined;
  readonly sloScale: number;
  readonly admit: 'feasible' | 'all';
  readonly maxRequests: number | undefined;
  readonly drainMs: number;
  readonly publicUrl: string | undefined;
  readonly logLevel: string;
}

export function readFlags(argv: readonly string[]): Flags {
  return new Command('image-server')
    .description('Serves images with deadlines behind an OpenAI-compatible API.')
    .option('--host <address>', 'where to listen', defaults.host)
    .option('--port <n>', 'where to listen; 0 for any that is free', number(0, 65_535), 8080)
    .addOption(
      new Option('--backend <kind>', 'simulated GPUs, or PyTorch workers').choices(engineKinds).default('simulated'),
    )
    .option('--gpus <n>', 'GPUs, or workers (default: 8; 2 on the CPU)', number(1, 1024))
    .option(
      '--profile <name>',
      'step times: a built-in profile or a JSON file (default: FLUX.1-dev on H100; on the CPU that of the small model)',
    )
    .option('--model <adapter:path>', 'what PyTorch workers run (default on the CPU: shapes:models/shapes-dit)')
    .addOption(new Option('--policy <name>', 'who runs where').choices(policyNames).default('horizon'))
    .option('--speed <factor>', 'how many times faster simulated GPUs are than their profile', decimal(0.01, 1000))
    .option('--steps <n>', 'denoising steps of a picture (default: 28; 20 on the CPU)', number(1, 1000))
    .option(
      '--slo-scale <factor>',
      'default deadline, as a multiple of the fastest latency',
      decimal(1, 1000),
      defaults.sloScale,
    )
    .addOption(
      new Option('--admit <rule>', 'refuse who would be late, or serve all')
        .choices(['feasible', 'all'])
        .default(defaults.admit),
    )
    .option('--max-requests <n>', 'pictures that are accepted and not done (default: three a GPU)', number(1, 100_000))
    .option('--drain-ms <ms>', 'how long a stop waits for what was accepted', number(0, 3_600_000), defaults.drainMs)
    .option('--public-url <url>', 'where clients reach it, for the addresses of pictures (default: where they say)')
    .option('--log-level <level>', 'of pino: debug, info, warn, silent, ...', 'info')
    .parse(argv)
    .opts<Flags>();
}

function number(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

function decimal(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^(\d+\.?\d*|\.\d+)$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a number from ${min} to ${max}.`);
  };
}
