/** What is to be generated. Further fields are handed to the adapter of the model; all of it is plain JSON. */
export interface CudaPayload {
  /** What the picture shows. */
  readonly prompt: string;
  /** Of the initial noise, a whole number of at least 0: the same seed gives the same picture. Default 0. */
  readonly seed?: number;
  /** How closely the prompt is followed, where the model takes that. Default: the model's own. */
  readonly guidance?: number;
  readonly [field: string]: unknown;
}

/** A picture. */
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
