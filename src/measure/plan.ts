import { nonEmptyList, record, text, whole } from '../model/check.js';
import { parseShapeId, shapeId } from '../model/index.js';
import type { ProfileSource } from '../profile/index.js';

/**
 * What is to be measured, and how the profile says where it comes from.
 *
 * @experimental
 */
export interface MeasurePlan {
  /** The model, for the profile, such as `"flux.1-dev"`. */
  readonly model: string;
  /** The accelerator, for the profile, such as `"NVIDIA H100 SXM (NVLink)"`. */
  readonly accelerator: string;
  /** Who measures; `note` follows a sentence on how it was measured. Default: nothing but that sentence. */
  readonly source?: Omit<ProfileSource, 'kind'>;
  /** Shape ids, at least one; those that stand twice are measured once. */
  readonly shapes: readonly string[];
  /** Sequence-parallel degrees, at least one, each a whole number of at least 1. */
  readonly degrees: readonly number[];
  /** Requests of a chunk, whole numbers of at least 1. Default 1, which is always measured. */
  readonly batchSizes?: readonly number[];
  /** Steps that are timed for each shape, degree and batch size, at least 1. Default 20. */
  readonly steps?: number;
  /** Steps before them that are not timed, at least 0. Default 4. */
  readonly warmupSteps?: number;
}

/** A plan with every default filled in, shapes in their order, degrees and batch sizes ascending. */
export type CompleteMeasurePlan = Required<MeasurePlan>;

/**
 * Checks a plan and fills in its defaults.
 *
 * @throws `TetriError` `invalid-type`, `out-of-range`, `empty`, `invalid-shape`
 */
export function parseMeasurePlan(plan: MeasurePlan): CompleteMeasurePlan {
  const { model, accelerator, source = {}, shapes, degrees, batchSizes = [], steps = 20, warmupSteps = 4 } = plan;
  record(source, 'source');
  return {
    model: text(model, 'model'),
    accelerator: text(accelerator, 'accelerator'),
    source,
    shapes: distinct(nonEmptyList(shapes, 'shapes').map((id, index) => parseShape(id, `shapes[${index}]`))),
    degrees: ascending(nonEmptyList(degrees, 'degrees'), 'degrees'),
    batchSizes: ascending([1, ...batchSizes], 'batchSizes'),
    steps: whole(steps, 'steps', 1),
    warmupSteps: whole(warmupSteps, 'warmupSteps', 0),
  };
}

/** The canonical id: `64x64` for `64x64x1`. */
function parseShape(value: unknown, path: string): string {
  return shapeId(parseShapeId(text(value, path), path));
}

function ascending(values: readonly unknown[], path: string): readonly number[] {
  return distinct(values.map((value, index) => whole(value, `${path}[${index}]`, 1))).sort((a, b) => a - b);
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
