/** What was measured in this page life, for a live display. */

import type {
  ArmSource,
  Backend,
  Engine,
  ErrorName,
  FallbackTaken,
  IncidentKind,
  LeakedDtype,
  Race,
} from '../generated/report.js';

/** In ms, within 2 %; undefined without a measurement. */
export interface Quantiles {
  /** The median. */
  p50?: number | undefined;
  /** 95 % are below. */
  p95?: number | undefined;
  /** 99 % are below. */
  p99?: number | undefined;
}

/** How many durations lay in `[from_ms, to_ms)`. */
export interface DurationBucket {
  /** The lower edge, in ms. */
  from_ms: number;
  /** 1.04 times `from_ms`, in every bucket. */
  to_ms: number;
  /** How many. */
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
  /** Of the race that it took part in before it was handed over; undefined when an earlier visit raced, or nobody did. */
  race?: Race | undefined;
}

/** One watched model. */
export interface ModelSnapshot {
  /** As it was named to `load` or `wrap`. */
  model: string;
  /** `original` when there is one only. */
  variant: string;
  /** The inference library. */
  engine: Engine;
  /** What executes it now. */
  backend: Backend;
  /** wasm threads, 0 when it does not apply. */
  threads: number;
  /** Who chose backend and variant. */
  source: ArmSource;
  /** Why it runs so. */
  chosen: Chosen;
  /** Predictions, those that failed included. */
  count: number;
  /** Predictions that threw or rejected. */
  errors: number;
  /** Until the call returned. */
  dispatch_ms: Durations;
  /** Until the result was really there. */
  ready_ms: Durations;
  /** Of the whole engine, before the last prediction of any model of this name. */
  tensors: number | undefined;
  /** Of those tensors. */
  bytes: number | undefined;
  /** Held on the GPU, where the backend tells. */
  gpu_bytes: number | undefined;
  /**
   * What each prediction leaves behind, after the first ones; a clean model has 0. Models of one name count together: one that
   * is loaded anew for each task and never disposed of leaves its weights behind.
   */
  tensors_per_prediction: number | undefined;
  /** In bytes. */
  bytes_per_prediction: number | undefined;
  /** In bytes on the GPU, where the backend tells. */
  gpu_bytes_per_prediction: number | undefined;
}

/** The spans of one name. */
export interface StageSnapshot {
  /** As it was named to `stage`. */
  stage: string;
  /** The model that it belongs to, if one was named. */
  model: string | undefined;
  /** How long a span took. */
  span_ms: Durations;
}

/** Incidents that differ in nothing but their time. */
export interface IncidentSnapshot {
  /** The model that it happened to. */
  model: string;
  /** Undefined for `original`. */
  variant: string | undefined;
  /** What it ran on. */
  backend: Backend;
  /** What happened. */
  kind: IncidentKind;
  /** The exception's class, if there was one. */
  error: ErrorName | undefined;
  /** Epoch milliseconds of the last one. */
  at: number;
  /** How often. */
  count: number;
}

/** A place in a script of the page, counted from 1. */
export interface PlaceSnapshot {
  /** The script's address. */
  url: string;
  line: number;
  column: number;
  /** The function's name; '' when it has none. */
  name: string;
}

/** What one model's predictions left behind, while it was traced (`leakTrace`). */
export interface LeakSnapshot {
  /** As it was named to `load` or `wrap`. */
  model: string;
  /** What executes it. */
  backend: Backend;
  /** Predictions that were traced. */
  predictions: number;
  /** Call sites of what stays and grows in number, the most bytes first. Empty: nothing does. */
  sites: {
    /** Predictions in which it did. */
    predictions: number;
    /** By shape and dtype, the most bytes first; `bytes` of each one. */
    left: { shape: string; dtype: LeakedDtype; bytes: number; count: number }[];
    /** The calls that made it, the innermost first. */
    frames: PlaceSnapshot[];
  }[];
}

/** What `snapshot()` gives: figures of now, which do not change by themselves. */
export interface Snapshot {
  /** Whether this session measures: options, consent, Global Privacy Control, sampling and the kill switch agree. */
  enabled: boolean;
  /** Random, as long as the page lives; in each of its reports. */
  session: string;
  /** This and all that follows but `reports`: empty until the lazily loaded part is there. */
  models: ModelSnapshot[];
  /** Every stage of this page life. */
  stages: StageSnapshot[];
  /** At most 32, the latest last. */
  incidents: IncidentSnapshot[];
  /** Items let go, by reason. Undefined as long as the lazily loaded part is not there. */
  drops?: Record<string, number>;
  /** Of each model that is traced (`leakTrace`), as of the last look at it: after 60 predictions, 120, 240 and so on. */
  leaks?: LeakSnapshot[] | undefined;
  /**
   * What keeps the monitor from its work, each as a sentence with what to do: why nothing is measured, a model that is not
   * watched or saw no call, reports that are refused or do not arrive, a part that failed or did not load. Undefined as long
   * as the lazily loaded part is on its way.
   */
  problems?: string[] | undefined;
  /** Reports that arrived, reports that wait, and items that were let go. */
  reports: { acknowledged: number; queued: number; dropped: number };
}

/** The variant that a page means when it names none; the wire leaves it out. */
export const ORIGINAL = 'original';
