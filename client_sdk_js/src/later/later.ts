/**
 * Everything that a page does not wait for, fetched as one file when a monitor is first used: requests with an
 * answer, the device's facts, who notices hangs and losses, and the steering of models that `load()` loads.
 */

import type { Adapter } from '../core/adapter.js';
import type { Page } from '../core/monitor.js';
import type { ModelSnapshot } from '../core/snapshot.js';
import type { Device } from '../generated/report.js';
import { outputChecks } from './checks.js';
import { createDelivery, type Delivery } from './delivery.js';
import { deviceFacts } from './device.js';
import { hangWatch } from './hang_watch.js';
import { lossWatch } from './loss_watch.js';
import { modelSnapshots } from './models.js';
import { createRecovery } from './recovery.js';
import { refusal } from './refusal.js';
import { softwareWatch } from './software.js';
import { createSteering, type Steering } from './steering.js';

export interface Later extends Delivery, Pick<Steering, '_load'> {
  /** The device's facts as known by now. */
  _device(): Device;
  /** Somebody waits for a result. */
  _waiting(): void;
  /** An adapter's model came under observation. */
  _watchLoss(adapter: Adapter): void;
  /** What was measured of each model, for a live display. */
  _models(): ModelSnapshot[];
}

/** Starts all that. Options that make no sense are told on the console, and then nothing is measured. */
export function startLater(page: Page): Later {
  const { host, fault, _outbox: outbox, _waits: waits, _watches: watches } = page;
  const wrong = page._alive && refusal(page._options);
  if (wrong) {
    console.warn(`inferfleet measures nothing: ${wrong}`);
    page._onConfig({}, false);
  }
  const alive = page._alive && !wrong;
  const device = alive ? deviceFacts(host, fault) : () => ({});
  const steering = createSteering(page, alive, device);
  const tellLost = createRecovery(page, steering);
  const losses = lossWatch(watches, waits, page._raise, fault, tellLost);
  page._listeners.add({ event: 'incident', listener: losses._noted });
  const checks = outputChecks(page, steering, tellLost);
  checks();
  const software = softwareWatch(host, watches, device, page._raise, fault);
  if (watches.size) software();
  return {
    _device: device,
    _waiting: hangWatch(host, waits, losses._hung, page._options.hangMs),
    _watchLoss(adapter) {
      losses._add(adapter);
      software();
      checks();
    },
    _models: () => modelSnapshots(watches),
    _load: steering._load,
    ...createDelivery({ host, outbox, url: page._url, onConfigEtag: steering._refresh }),
  };
}
