/** What TetriServe is compared with. */
export { fixedDegree } from './fixed-degree.js';
export { perShape } from './per-shape.js';
export { edf } from './edf.js';
export { srpt } from './srpt.js';
