/** How often one shape is asked for. */
export interface ShapeShare {
  /** A shape id such as `"1024x1024"`. */
  readonly shape: string;
  /** The probability that a request asks for it, from 0 to 1. */
  readonly share: number;
}

/**
 * Which shapes are asked for, and how often. At any progress it lists the same shapes in the same order, each once, and
 * the shares sum to 1 but for rounding.
 *
 * @param progress - how much of the workload has arrived, by number of requests, from 0 to 1
 */
export type Mix = (progress: number) => readonly ShapeShare[];
