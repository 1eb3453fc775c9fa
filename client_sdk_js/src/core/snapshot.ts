/** What was measured in this page life, for a live display. */

import type { ArmSource, Backend } from '../generated/report.js';

/** In ms, within 2 %; undefined without a measurement. */
export interface Quantiles {
  /** The median. */
  p50?: number | undefined;
  /** 95 % are below. */
  p95?: number | undefined;
}

/** One watched model. */
export interface ModelSnapshot {
  /** As it was named to `load` or `wrap`. */
  model: string;
  /** `original` when there is one only. */
  variant: string;
  /** What executes it now. */
  backend: Backend;
  /** Who chose backend and variant. */
  source: ArmSource;
  /** Predictions, those that failed included. */
  count: number;
  /** Predictions that threw or rejected. */
  errors: number;
  /** Until the call returned. */
  dispatch_ms: Quantiles;
  /** Until the result was really there; without values when nobody reads it (webgl, webgpu). */
  ready_ms: Quantiles;
  /** Of the whole engine, before the last prediction. */
  tensors: number | undefined;
  /** Of those tensors. */
  bytes: number | undefined;
  /** Held on the GPU, where the backend tells. */
  gpu_bytes: number | undefined;
  /** Tensors that each prediction leaves behind, after the first ones; a clean model has 0. */
  tensors_per_prediction: number | undefined;
}

/** What `snapshot()` gives: figures of now, which do not change by themselves. */
export interface Snapshot {
  /** Whether this session measures: options, consent, Global Privacy Control, sampling and the kill switch agree. */
  enabled: boolean;
  /** Random, as long as the page lives; in each of its reports. */
  session: string;
  /** Empty until the lazily loaded part is there. */
  models: ModelSnapshot[];
  /** Reports that arrived, reports that wait, and items that were let go. */
  reports: { acknowledged: number; queued: number; dropped: number };
}

/** The variant that a page means when it names none; the wire leaves it out. */
export const ORIGINAL = 'original';
