import type { MonitorOptions } from 'inferfleet';
import type { ToWorker } from './messages.js';

/**
 * A worker is not told that its page hides or ends, and has no beacons. The page says so by message, and a request
 * that outlives the worker takes the beacon's place.
 */
export const pageLife: NonNullable<MonitorOptions['host']> = {
  visibility(hide, show) {
    const stop = new AbortController();
    const hear = ({ data }: MessageEvent<ToWorker>) => {
      if (data.type === 'hidden') hide();
      if (data.type === 'shown') show();
    };
    addEventListener('message', hear, stop);
    return () => stop.abort();
  },
  beacon(url, body) {
    // Nobody is left to hear of a failure, as with a beacon.
    fetch(url, { method: 'POST', body, keepalive: true, credentials: 'omit' }).catch(() => undefined);
    return true;
  },
};
