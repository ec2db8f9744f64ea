/**
 * What is to be generated, as plain JSON. What an adapter does not know it ignores.
 *
 * @experimental
 */
export interface CudaPayload {
  /** What the picture shows. */
  readonly prompt: string;
  /** Of the initial noise, a whole number from 0 to 2^53 - 1: the same seed gives the same picture. */
  readonly seed: number;
  /** How strictly the prompt is followed, from 0 to 100, where the model takes that. Default: the model's own. */
  readonly guidance?: number;
  /** What the picture does not show, where the model takes that. Default: nothing. */
  readonly negativePrompt?: string;
  /** What else the adapter takes. */
  readonly [field: string]: unknown;
}

/**
 * A picture.
 *
 * @experimental
 */
export interface CudaArtifact {
  /** Such as `image/png`. */
  readonly contentType: string;
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** The file. */
  readonly bytes: Uint8Array;
}
