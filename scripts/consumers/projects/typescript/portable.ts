/** What runs wherever JavaScript does. */
import './plan.js';
import './prove.js';
import './replay.js';
import './serve.js';

console.log('portable: ok');
