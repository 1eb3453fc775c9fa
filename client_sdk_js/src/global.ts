/**
 * Everything on one global, for pages without a bundler: `inferfleet.createMonitor`, `inferfleet.tfjs` and so on.
 * A classic script, `importScripts` in a worker and a bare `import` all work.
 */

import { any, anyFunction } from './any.js';
import { ortCanary, referenceInput, referenceValues, tfjsCanary } from './canary.js';
import { createMonitor } from './index.js';
import { ort } from './ort.js';
import { tfjs } from './tfjs.js';

const sdk = {
  any,
  anyFunction,
  createMonitor,
  ort,
  ortCanary,
  referenceInput,
  referenceValues,
  tfjs,
  tfjsCanary,
};

declare global {
  var inferfleet: typeof sdk;
}

globalThis.inferfleet = sdk;
