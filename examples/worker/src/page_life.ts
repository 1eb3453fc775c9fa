import type { MonitorOptions } from 'inferfleet';
import type { ToWorker } from './messages.js';

/** A worker is not told that its page hides or ends: the page says so by message. */
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
};
