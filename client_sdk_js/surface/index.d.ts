import { i as Backend, r as ArmSource, t as Adapter } from "./types/adapter.js";
import { a as Override, c as ModelSnapshot, i as MonitorOptions, l as Snapshot, n as Monitor, o as WatchedModel, r as MonitorEvents, s as WrapOptions, t as LoadOptions } from "./types/options.js";

// core/monitor.d.ts
/** Makes the page's monitor. Never throws: with wrong options, or on a server, it measures nothing. */
declare function createMonitor(options: MonitorOptions): Monitor;
export { type Adapter, type ArmSource, type Backend, type LoadOptions, type ModelSnapshot, type Monitor, type MonitorEvents, type MonitorOptions, type Override, type Snapshot, type WatchedModel, type WrapOptions, createMonitor };