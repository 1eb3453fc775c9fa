import { createMonitor } from 'inferfleet';

/** The page's one monitor: made when this module is first imported, not when a component renders. */
export const monitor = createMonitor({
  app: 'examples',
  key: 'examples-key',
  endpoint: '', // the page's own origin: vite.config.ts passes /v1 on to the collector
  release: 'react-1.0.0',
});

// A hot reload of this file makes another one; the old one sends what it has and lets its models go.
import.meta.hot?.dispose(() => monitor.close());
