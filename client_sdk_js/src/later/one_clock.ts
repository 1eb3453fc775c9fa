/**
 * One reading of the clock for a page life. A clock that is set right meanwhile would else tear a report apart: items by
 * the wrong one, `sent_at` by the right one, and the collector refuses both together. The collector corrects what is
 * wrong all the time by when a report arrives.
 */

import type { Host } from '../core/host.js';

/** From now on the host's time is what its clock says now, and goes on by the monotonic one. */
export function keepOneClock(host: Host): void {
  const start = host.epoch() - host.now();
  host.epoch = () => Math.round(start + host.now());
}
