/** What was measured in this page life, for a live display. */

import type { ArmSource, Backend } from '../generated/report.js';

/** undefined without a measurement. */
export interface Quantiles {
  p50?: number | undefined;
  p95?: number | undefined;
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
  /** Empty until the lazily loaded part is there. */
  models: ModelSnapshot[];
  reports: { acknowledged: number; queued: number; dropped: number };
}

/** The variant that a page means when it names none; the wire leaves it out. */
export const ORIGINAL = 'original';
