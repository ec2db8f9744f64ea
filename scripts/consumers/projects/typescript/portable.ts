/** What runs wherever JavaScript does. */
import './measure.js';
import './plan.js';
import './prove.js';
import './replay.js';
import './serve.js';

console.log('portable: ok');
