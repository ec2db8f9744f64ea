/**
 * Deadline-aware scheduling for serving Diffusion Transformers.
 *
 * @packageDocumentation
 */
export * from './model/index.js';
export * from './profile/index.js';
