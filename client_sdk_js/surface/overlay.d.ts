import { a as Monitor } from "./types/options.js";

// overlay/overlay.d.ts
interface OverlayOptions {
  /** Begin as the handle only, which opens at a tap. Default false. */
  collapsed?: boolean;
}
/**
 * Shows what a monitor measures, live, over the page; for developers.
 *
 * A second call for the same monitor opens the panel that is there. Without a document (a server, a worker) nothing
 * happens. Never throws. Returns what removes it.
 */
declare function showOverlay(monitor: Pick<Monitor, 'snapshot' | 'on'>, options?: OverlayOptions): () => void;
export { type OverlayOptions, showOverlay };