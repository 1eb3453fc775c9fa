/** What the monitor needs once the page has come to rest. */

import type { Adapter } from '../core/adapter.js';
import type { Host } from '../core/host.js';
import type { MonitorOptions } from '../core/options.js';
import type { Outbox } from '../core/outbox.js';
import type { Waits, Watches, Watching } from '../core/watch.js';
import type { Device } from '../generated/report.js';
import { createDelivery, type Delivery } from './delivery.js';
import { deviceFacts } from './device.js';
import { hangWatch } from './hang_watch.js';
import { lossWatch } from './loss_watch.js';
import { quantiles } from './quantile.js';
import { refusal } from './refusal.js';

export interface Context {
  host: Host;
  outbox: Outbox;
  waits: Waits;
  watches: Watches;
  url: string;
  options: MonitorOptions;
  raise: Watching['_raise'];
  fault: (error: unknown) => void;
  onConfigEtag: (etag: string) => void;
}

export interface Reporting extends Delivery {
  /** The device's facts as known by now. */
  device(): Device;
  /** Somebody waits for a result. */
  _waiting(): void;
  /** An adapter's model came under observation. */
  _watchLoss(adapter: Adapter): void;
  _quantiles: typeof quantiles;
}

/** Starts all that; undefined when the options make no sense, which is then said on the console. */
export function startReporting(context: Context): Reporting | undefined {
  const { host, options, waits, fault } = context;
  const wrong = refusal(options);
  if (wrong) {
    console.warn(`inferfleet measures nothing: ${wrong}`);
    return undefined;
  }
  return {
    device: deviceFacts(host, fault),
    _waiting: hangWatch(host, waits, options.hangMs),
    _watchLoss: lossWatch(context.watches, context.raise, fault),
    _quantiles: quantiles,
    ...createDelivery(context),
  };
}
