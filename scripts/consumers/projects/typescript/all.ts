/** Every entry point. */
import './node-only.js';
import './portable.js';

console.log('all: ok');
