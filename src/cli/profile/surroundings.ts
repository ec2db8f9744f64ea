import { arch, cpus, platform } from 'node:os';

/** Where and when a profile is measured, as it is to stand there. */
export interface Surroundings {
  /** Such as `2026-01-31`. */
  readonly date: string;
  /** The processor, such as `AMD EPYC 9354`. */
  readonly processor: string;
  /** The machine without its name, which is nobody's business, such as `linux x64, 2 x AMD EPYC 9354`. */
  readonly host: string;
}

export function readSurroundings(): Surroundings {
  const [first] = cpus();
  const processor = first?.model.trim().replace(/\s+/g, ' ') || 'an unknown processor';
  return {
    date: new Date().toISOString().slice(0, 10),
    processor,
    host: `${platform()} ${arch()}, ${cpus().length} x ${processor}`,
  };
}
