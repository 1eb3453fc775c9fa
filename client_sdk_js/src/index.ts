/** The SDK's core: `createMonitor`. Importing it has no side effects, also on a server. */

export type { Adapter } from './core/adapter.js';
export { createMonitor } from './core/monitor.js';
export type {
  CheckedModelFiles,
  LoadOptions,
  LostModel,
  Monitor,
  MonitorEvents,
  MonitorOptions,
  OutputCheck,
  Override,
  RaceOptions,
  WatchedModel,
  WrapOptions,
} from './core/options.js';
export type {
  Chosen,
  DurationBucket,
  Durations,
  IncidentSnapshot,
  ModelSnapshot,
  Quantiles,
  Snapshot,
  StageSnapshot,
} from './core/snapshot.js';
export type { ArmSource, Backend } from './generated/report.js';
