import { i as Backend, r as ArmSource, t as Adapter } from "./types/adapter.js";
import { _ as Quantiles, a as MonitorEvents, c as Override, d as WrapOptions, f as Chosen, g as ModelSnapshot, h as IncidentSnapshot, i as Monitor, l as RaceOptions, m as Durations, n as LoadOptions, o as MonitorOptions, p as DurationBucket, r as LostModel, s as OutputCheck, t as CheckedModelFiles, u as WatchedModel, v as Snapshot, y as StageSnapshot } from "./types/options.js";

// core/monitor.d.ts
/** Makes the page's monitor. Never throws: with wrong options, or on a server, it measures nothing. */
declare function createMonitor(options: MonitorOptions): Monitor;
export { type Adapter, type ArmSource, type Backend, type CheckedModelFiles, type Chosen, type DurationBucket, type Durations, type IncidentSnapshot, type LoadOptions, type LostModel, type ModelSnapshot, type Monitor, type MonitorEvents, type MonitorOptions, type OutputCheck, type Override, type Quantiles, type RaceOptions, type Snapshot, type StageSnapshot, type WatchedModel, type WrapOptions, createMonitor };