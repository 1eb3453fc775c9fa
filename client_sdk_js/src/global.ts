/** Everything on one global, for pages without a bundler: `inferfleet.createMonitor`, `inferfleet.tfjs`. */

export * from './index.js';
export * from './tfjs.js';
