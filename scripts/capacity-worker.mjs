/** The worker threads of `tetri capacity` while it runs from the sources: threads do not inherit the loader for TypeScript. */
import { register } from 'tsx/esm/api';

register();

/** @type {typeof import('../src/cli/capacity/worker.js')} */
const { default: run } = await import('../src/cli/capacity/worker.js');

export default run;
