import { i as Backend, r as ArmSource, t as Adapter } from "./types/adapter.js";
import { _ as ModelSnapshot, a as Monitor, b as StageSnapshot, c as OutputCheck, d as WatchedModel, f as WrapOptions, g as IncidentSnapshot, h as Durations, i as LostModel, l as Override, m as DurationBucket, n as CheckedModelFiles, o as MonitorEvents, p as Chosen, r as LoadOptions, s as MonitorOptions, u as RaceOptions, v as Quantiles, y as Snapshot } from "./types/options.js";

// core/monitor.d.ts
/** Makes the page's monitor. Never throws: with wrong options, or on a server, it measures nothing. */
declare function createMonitor(options: MonitorOptions): Monitor;
export { type Adapter, type ArmSource, type Backend, type CheckedModelFiles, type Chosen, type DurationBucket, type Durations, type IncidentSnapshot, type LoadOptions, type LostModel, type ModelSnapshot, type Monitor, type MonitorEvents, type MonitorOptions, type OutputCheck, type Override, type Quantiles, type RaceOptions, type Snapshot, type StageSnapshot, type WatchedModel, type WrapOptions, createMonitor };