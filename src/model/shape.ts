import { show } from './check.js';
import { TetriError } from './errors.js';

/** The size of an image or a video. */
export interface Shape {
  /** Width in pixels, at least 1. */
  readonly width: number;
  /** Height in pixels, at least 1. */
  readonly height: number;
  /** Frames: 1 for an image, more for a video. */
  readonly frames: number;
}

const pattern = /^([1-9]\d{0,5})x([1-9]\d{0,5})(?:x([1-9]\d{0,5}))?$/;

/**
 * The id of a shape: `"1024x1024"` for an image, `"1280x720x129"` for a video of 129 frames.
 */
export function shapeId(shape: Shape): string {
  const image = `${shape.width}x${shape.height}`;
  return shape.frames === 1 ? image : `${image}x${shape.frames}`;
}

/**
 * Reads a shape id, the inverse of {@link shapeId}.
 *
 * @param id - `WIDTHxHEIGHT` or `WIDTHxHEIGHTxFRAMES`, each from 1 to 999999
 * @param path - where the id stands, for the error
 * @throws {@link TetriError} `invalid-shape` for anything else
 */
export function parseShapeId(id: string, path = ''): Shape {
  const match = pattern.exec(id);
  if (match === null) {
    throw new TetriError(
      'invalid-shape',
      `expected WIDTHxHEIGHT or WIDTHxHEIGHTxFRAMES, received ${show(id)}`,
      path,
      id,
    );
  }
  return { width: Number(match[1]), height: Number(match[2]), frames: Number(match[3] ?? 1) };
}

/**
 * Latent tokens of a shape: patches of 16x16 pixels (an 8x VAE and a 2x2 patch), and one latent frame for the first frame
 * and for every four that follow. This is the count of FLUX, SD3 and the common video DiTs.
 */
export function latentTokens(shape: Shape): number {
  const latentFrames = 1 + Math.ceil((shape.frames - 1) / 4);
  return Math.ceil(shape.width / 16) * Math.ceil(shape.height / 16) * latentFrames;
}
