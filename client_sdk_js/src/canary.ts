/** What a page gives as `check.canary`, for a canary that `inferfleet canary record` recorded. */

export { referenceInput, type Scale } from './canary/numbers.js';
export type { CanaryOptions } from './canary/options.js';
export { type CanaryOrt, type CanarySession, ortCanary } from './canary/ort.js';
export { type CanaryModel, type CanaryTensorFlow, tfjsCanary } from './canary/tfjs.js';
export { referenceValues } from './canary/values.js';
