/** A run as one HTML page. What runs inside the page is in `page`, and gets here as text by `npm run bundle:timeline`. */
export { timelinePage } from './timeline-page.js';
