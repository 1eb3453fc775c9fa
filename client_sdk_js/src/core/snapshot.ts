/** What was measured in this page life, for a live display. */

import type { ArmSource, Backend } from '../generated/report.js';
import { type Histogram, quantile } from './histogram.js';

export interface Quantiles {
  p50: number | undefined;
  p95: number | undefined;
}

export interface ModelSnapshot {
  model: string;
  variant: string;
  backend: Backend;
  source: ArmSource;
  /** Predictions, those that failed included. */
  count: number;
  errors: number;
  dispatch_ms: Quantiles;
  ready_ms: Quantiles;
  /** Of the whole engine, before the last prediction. */
  tensors: number | undefined;
  bytes: number | undefined;
  gpu_bytes: number | undefined;
  /** Tensors that each prediction leaves behind, after the first ones; a clean model has 0. */
  tensors_per_prediction: number | undefined;
}

export interface Snapshot {
  enabled: boolean;
  session: string;
  models: ModelSnapshot[];
  reports: { acknowledged: number; queued: number; dropped: number };
}

/** The two quantiles that a live display shows, in milliseconds. */
export const quantiles = (histogram: Histogram): Quantiles => ({
  p50: quantile(histogram, 0.5),
  p95: quantile(histogram, 0.95),
});
