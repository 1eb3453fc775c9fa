/**
 * Everything on one global, for pages without a bundler: `inferfleet.createMonitor`, `inferfleet.tfjs` and so on.
 * A classic script, `importScripts` in a worker and a bare `import` all work.
 */
import { any, anyFunction } from './any.js';
import { ortCanary, referenceInput, referenceValues, tfjsCanary } from './canary.js';
import { createMonitor } from './index.js';
import { ort } from './ort.js';
import { tfjs } from './tfjs.js';
declare const sdk: {
    any: typeof any;
    anyFunction: typeof anyFunction;
    createMonitor: typeof createMonitor;
    ort: typeof ort;
    ortCanary: typeof ortCanary;
    referenceInput: typeof referenceInput;
    referenceValues: typeof referenceValues;
    tfjs: typeof tfjs;
    tfjsCanary: typeof tfjsCanary;
};
declare global {
    var inferfleet: typeof sdk;
}
export {};
