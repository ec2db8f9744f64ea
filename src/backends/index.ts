/**
 * The backend contract: what an implementation has to do, and the errors that it does it with. Backends themselves have entry
 * points of their own.
 *
 * @packageDocumentation
 */
export * from './contract/index.js';
