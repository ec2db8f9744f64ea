import type { BackendCapabilities } from '../../backends/index.js';
import type { BackendHarness } from './harness.js';

/** Registers a test: `test` of vitest, of `node:test`, of Jest, or anything that calls the function and sees it reject. */
export interface ConformanceTest {
  /** Registers a case under its name. */
  (name: string, run: () => Promise<void>): unknown;
  /** Registers a case that does not apply, its reason in the name. Default: such cases are left out. */
  readonly skip?: (name: string, run: () => Promise<void>) => unknown;
}

/**
 * What `backendConformance()` is given: the test runner, the factory, and what is true of every backend that the factory makes.
 */
export interface BackendConformanceOptions<Payload = unknown, Artifact = unknown> {
  /** Where the cases are registered. */
  readonly test: ConformanceTest;
  /** Makes a fresh backend, for each case another one. */
  readonly factory: () => BackendHarness<Payload, Artifact> | Promise<BackendHarness<Payload, Artifact>>;
  /** The capabilities that it has to declare. A case compares them; what they say is missing is skipped, and nothing else. */
  readonly capabilities: BackendCapabilities;
  /** Whether the whole backend can be lost, as one in another process can. Default: as the capability `reopens`. */
  readonly canBeLost?: boolean;
  /** GPUs that it has. With less than two groups of the smallest degree, what needs two is skipped. */
  readonly gpus: number;
  /** Shapes that it runs, at least one; small ones. With two of them, batches of unequal shapes are tried. */
  readonly shapes: readonly string[];
  /** The degrees that the first shape runs at, batches included; at least one. With two of them, the degree is changed. */
  readonly degrees: readonly number[];
  /** What to generate: for every whole number of at least 0 something else, for the same number the same. */
  readonly payload: (index: number) => Payload;
  /** A payload whose request fails within its first four steps, each time anew. */
  readonly poison: Payload;
  /** Whether two artifacts are equal: bit for bit, or as near as the backend promises. */
  readonly sameArtifact: (a: Artifact, b: Artifact) => boolean;
  /**
   * Steps of a chunk that is long enough to be interrupted: that many must take well longer than an abort on its way to the GPUs.
   * A whole number of at least 8. Default 40.
   */
  readonly longSteps?: number;
  /**
   * How long the suite waits for each call, those of factory and harness included, in ms of real time; less than half of what the test runner gives a test, so that it is the
   * suite that says what was not answered. Default 2000.
   */
  readonly timeoutMs?: number;
}
