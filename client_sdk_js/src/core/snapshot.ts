/** What was measured in this page life, for a live display. */

import type {
  ArmSource,
  Backend,
  Engine,
  ErrorName,
  FallbackTaken,
  IncidentKind,
} from '../generated/report.js';

/** Milliseconds; undefined without a measurement. Within 2 % of a duration that was measured. */
export interface Quantiles {
  p50?: number | undefined;
  p95?: number | undefined;
  p99?: number | undefined;
}

/** How many durations lay in `[from_ms, to_ms)`. */
export interface DurationBucket {
  from_ms: number;
  /** 1.04 times `from_ms`, in every bucket. */
  to_ms: number;
  count: number;
}

/** How long something took. */
export interface Durations extends Quantiles {
  /** Durations measured: what the buckets add up to. */
  count: number;
  /** Shortest first; only those that counted something. */
  buckets: DurationBucket[];
}

/** Why a model runs as it does. All undefined for a model that the page loaded by itself. */
export interface Chosen {
  /** With which the arm was drawn, in (0, 1]. */
  probability?: number | undefined;
  /** Of the remote config that was gone by, if there was one. */
  config_version?: number | undefined;
  /** The kind of device that it was made for, for example `form=desktop,os=linux`. */
  device_class?: string | undefined;
  /** What was tried before and did not start, first tried first. */
  fallbacks?: FallbackTaken[] | undefined;
}

export interface ModelSnapshot {
  model: string;
  variant: string;
  engine: Engine;
  backend: Backend;
  /** wasm threads, 0 when it does not apply. */
  threads: number;
  source: ArmSource;
  chosen: Chosen;
  /** Predictions, those that failed included. */
  count: number;
  errors: number;
  /** Until the call returned. */
  dispatch_ms: Durations;
  /** Until the result was really there. */
  ready_ms: Durations;
  /** Of the whole engine, before the last prediction. */
  tensors: number | undefined;
  bytes: number | undefined;
  gpu_bytes: number | undefined;
  /** What each prediction leaves behind, after the first ones; a clean model has 0. */
  tensors_per_prediction: number | undefined;
  bytes_per_prediction: number | undefined;
  gpu_bytes_per_prediction: number | undefined;
}

/** The spans of one name. */
export interface StageSnapshot {
  stage: string;
  model: string | undefined;
  span_ms: Durations;
}

/** Incidents that differ in nothing but their time. */
export interface IncidentSnapshot {
  model: string;
  variant: string | undefined;
  backend: Backend;
  kind: IncidentKind;
  error: ErrorName | undefined;
  /** Epoch milliseconds of the last one. */
  at: number;
  count: number;
}

export interface Snapshot {
  enabled: boolean;
  session: string;
  /** This and all that follows but `reports`: empty until the lazily loaded part is there. */
  models: ModelSnapshot[];
  stages: StageSnapshot[];
  /** At most 32, the latest last. */
  incidents: IncidentSnapshot[];
  /** Items let go, by reason. */
  drops?: Record<string, number>;
  reports: { acknowledged: number; queued: number; dropped: number };
}

/** The variant that a page means when it names none; the wire leaves it out. */
export const ORIGINAL = 'original';
