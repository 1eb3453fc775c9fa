/**
 * The live view for developers: `import('inferfleet/overlay').then(({ showOverlay }) => showOverlay(monitor))`.
 * It reads what any page can read, `snapshot()` and `on()`, and is in no bundle of a page that does not ask for it.
 */

export type { OverlayOptions } from './overlay/overlay.js';
export { showOverlay } from './overlay/overlay.js';
