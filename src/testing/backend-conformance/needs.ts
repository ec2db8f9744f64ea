import type { BackendConformanceOptions } from './options.js';

/** What a case takes: says why that is declared missing, or `undefined`. */
export type Need = (declared: BackendConformanceOptions) => string | undefined;

export const batching: Need = ({ capabilities }) => (capabilities.maxBatchSize > 1 ? undefined : 'maxBatchSize is 1');

export const reporting: Need = ({ capabilities }) => (capabilities.reportsSteps ? undefined : 'reportsSteps is false');

export const aborting: Need = ({ capabilities }) => (capabilities.abortsChunks ? undefined : 'abortsChunks is false');

export const losesState: Need = ({ capabilities }) =>
  capabilities.keepsStateOnFailure ? 'keepsStateOnFailure is true' : undefined;

export const losesGpus: Need = ({ capabilities }) => (capabilities.losesGpus ? undefined : 'losesGpus is false');

export const canBeLost: Need = ({ capabilities, canBeLost: declared = capabilities.reopens }) =>
  declared ? undefined : 'it cannot be lost';

export const reopens: Need = ({ capabilities }) => (capabilities.reopens ? undefined : 'reopens is false');

export const twoGroups: Need = ({ gpus, degrees }) =>
  gpus >= 2 * Math.min(...degrees) ? undefined : `it has ${gpus} GPUs`;

export const twoDegrees: Need = ({ degrees }) =>
  degrees.length > 1 ? undefined : `the only degree is ${degrees.join()}`;

export const groupsOfTwo: Need = ({ degrees }) =>
  Math.max(...degrees) > 1 ? undefined : `the only degree is ${degrees.join()}`;

export const twoShapes: Need = ({ shapes }) => (shapes.length > 1 ? undefined : `the only shape is ${shapes.join()}`);
