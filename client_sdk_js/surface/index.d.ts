import { n as ArmSource, r as Backend, t as Adapter } from "./types/adapter.js";
import { a as Override, c as Chosen, d as IncidentSnapshot, f as ModelSnapshot, h as StageSnapshot, i as MonitorOptions, l as DurationBucket, m as Snapshot, n as Monitor, o as WatchedModel, p as Quantiles, r as MonitorEvents, s as WrapOptions, t as LoadOptions, u as Durations } from "./types/options.js";

// core/monitor.d.ts
/** Makes the page's monitor. Never throws: with wrong options, or on a server, it measures nothing. */
declare function createMonitor(options: MonitorOptions): Monitor;
export { type Adapter, type ArmSource, type Backend, type Chosen, type DurationBucket, type Durations, type IncidentSnapshot, type LoadOptions, type ModelSnapshot, type Monitor, type MonitorEvents, type MonitorOptions, type Override, type Quantiles, type Snapshot, type StageSnapshot, type WatchedModel, type WrapOptions, createMonitor };