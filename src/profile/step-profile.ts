/** Milliseconds by sequence-parallel degree; the keys are decimal degrees, as JSON has them: `{"1": 153.6, "2": 95.7}`. */
export type MsByDegree = Readonly<Record<string, number>>;

/** Where the numbers of a profile come from. */
export interface ProfileSource {
  /** Whether the step times were measured on the accelerator or estimated from other figures. */
  readonly kind: 'measured' | 'estimated';
  /** Who measured them. */
  readonly by?: string;
  /** The file or page they stand in. */
  readonly path?: string;
  /** The revision of that file. */
  readonly commit?: string;
  /** Whatever a reader should know about them. */
  readonly note?: string;
}

/** What one shape costs. */
export interface StepProfileShape {
  /** `"1024x1024"` or `"1280x720x129"`; must agree with width, height and frames. */
  readonly id: string;
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** 1 for an image. */
  readonly frames: number;
  /** Latent tokens; default by patches of 16x16 pixels and latent frames of four, see `latentTokens()`. */
  readonly tokens?: number;
  /** One denoising step of one request, by degree, in ms. A degree that is missing cannot run this shape. */
  readonly stepMs: MsByDegree;
  /** One denoising step of a whole batch, by batch size (2 or more) and degree, in ms. */
  readonly batchStepMs?: Readonly<Record<string, MsByDegree>>;
  /** Text encoding and initial latents, once a request, on one GPU, in ms. Default 0. */
  readonly encodeMs?: number;
  /** VAE decoding, once a request, on one GPU, in ms. Default 0. */
  readonly decodeMs?: number;
  /** Coefficient of variation of the step time (standard deviation over mean). */
  readonly stepCv?: number;
}

/**
 * A step-time profile as it stands in a JSON file: what one denoising step costs, for every shape and degree, of one
 * model on one accelerator. Version 1 of the schema.
 */
export interface StepProfile {
  /** Always 1. */
  readonly schemaVersion: 1;
  /** Such as `"flux.1-dev"`. */
  readonly model: string;
  /** Such as `"NVIDIA H100 SXM (NVLink)"`. */
  readonly accelerator: string;
  /** Where the numbers come from. */
  readonly source: ProfileSource;
  /** The sequence-parallel degrees that may be used, ascending. */
  readonly degrees: readonly number[];
  /** At least one. */
  readonly shapes: readonly StepProfileShape[];
}
