/** What `--arrivals` can name: what grids can. */
export { arrivalsByName as arrivals } from '../../simulation/evaluation/index.js';
