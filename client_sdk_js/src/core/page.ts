/** The monitor as its lazily loaded parts see it. */

import type { ArmSource, ErrorName, Exposure, Window } from '../generated/report.js';
import type { Adapter } from './adapter.js';
import type { Histogram } from './histogram.js';
import type { LoadOptions, MonitorOptions, OutputCheck, WatchedModel } from './options.js';
import type { Stages } from './stages.js';
import type { LoadItem, Watches, Watching } from './watch.js';

/** How a model came to run: what an exposure and a load item say. */
export interface Loaded<M extends object> {
  model: M;
  variant: string;
  source: ArmSource;
  /** Of the arm that was drawn. */
  probability?: number;
  load?: LoadItem;
  /** False: no plan can choose for it. */
  steerable?: boolean | undefined;
  check?: OutputCheck<never> | undefined;
}

/** What exposures say of the config in force. */
export type ConfigFacts = Pick<Exposure, 'config_version' | 'device_class'>;

export interface Listener {
  event: string;
  listener: (value: never) => void;
}

/**
 * The monitor as its parts see it. They are handed functions of the core: a file that `later/` imported too would be
 * split off and be one more to fetch.
 */
export interface Page extends Watching, Stages {
  _options: MonitorOptions;
  _endpoint: string;
  /** Where reports go. */
  _url: string;
  /** False on a server. */
  _alive: boolean;
  /** Whether a developer looks at the page, rather than a visitor. */
  _dev: boolean;
  _watches: Watches;
  /** Who listens to what: parts tell the page, and hear, by way of it. */
  _listeners: Set<Listener>;
  _flush(): Promise<void>;
  /** Loads a model as the page would have done. */
  _loadPlainly<M extends object>(load: LoadOptions<M>): Promise<Loaded<M>>;
  /** Takes a model under observation. */
  _watch<M extends object>(name: string, adapter: Adapter, loaded: Loaded<M>): WatchedModel<M>;
  _errorName(error: unknown): ErrorName;
  _randomId(): string;
  _record(histogram: Histogram, ms: number): void;
  _encode(histogram: Histogram): Window['kernel_ms'];
  /** Another config is to be gone by; `report` says whether this session measures. */
  _onConfig(facts: ConfigFacts, report: boolean): void;
}
