import type { Face } from './blazeface.js';

/** What a visit came to, for the driver of the demo and for tests: `window.demoResult`, set when all is done. */
export interface VisitResult {
  backend: string;
  variant: string;
  /** Who chose the backend: config, last_known_good, default, override, fallback or race. */
  source: string;
  release: string;
  predictions: number;
  /** Predictions that found at least one face. */
  predictions_with_face: number;
  /** The faces of the last prediction, in shares of the photo. */
  faces: Face[];
  /** From the call until all outputs could be read, by the page's own clock, in order; the first one is not in it. */
  ready_ms: number[];
  p50_ready_ms: number | undefined;
  p75_ready_ms: number | undefined;
  first_prediction_ms: number;
  /** From the start of `monitor.load` until the model is there: config, backend and weights. */
  load_ms: number;
  /** Tensors of the engine when all is done. */
  tensors: number;
}

export interface VisitFailure {
  /** Why there is no result. */
  error: string;
}

declare global {
  interface Window {
    demoResult?: VisitResult | VisitFailure;
  }
}
