import { i as Backend, r as ArmSource, t as Adapter } from "./types/adapter.js";
import { _ as Snapshot, a as MonitorOptions, c as RaceOptions, d as Chosen, f as DurationBucket, g as Quantiles, h as ModelSnapshot, i as MonitorEvents, l as WatchedModel, m as IncidentSnapshot, n as LostModel, o as OutputCheck, p as Durations, r as Monitor, s as Override, t as LoadOptions, u as WrapOptions, v as StageSnapshot } from "./types/options.js";

// core/monitor.d.ts
/** Makes the page's monitor. Never throws: with wrong options, or on a server, it measures nothing. */
declare function createMonitor(options: MonitorOptions): Monitor;
export { type Adapter, type ArmSource, type Backend, type Chosen, type DurationBucket, type Durations, type IncidentSnapshot, type LoadOptions, type LostModel, type ModelSnapshot, type Monitor, type MonitorEvents, type MonitorOptions, type OutputCheck, type Override, type Quantiles, type RaceOptions, type Snapshot, type StageSnapshot, type WatchedModel, type WrapOptions, createMonitor };