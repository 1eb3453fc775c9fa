import { createMonitor, type Monitor } from 'inferfleet';

// A hot reload of this file keeps the monitor that is there; other options take effect when the page is reloaded.
const kept = import.meta.hot?.data;

/** The page's one monitor: made when this module is first imported, not when a component renders. */
export const monitor: Monitor =
  kept?.monitor ??
  createMonitor({
    app: 'examples',
    key: 'examples-key',
    endpoint: '', // the page's own origin: vite.config.ts passes /v1 on to the collector
    release: 'react-1.0.0',
  });

if (kept) kept.monitor = monitor;
