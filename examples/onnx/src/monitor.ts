import { createMonitor } from 'inferfleet';

export const monitor = createMonitor({
  app: 'examples',
  key: 'examples-key',
  endpoint: '', // the page's own origin: vite.config.ts passes /v1 on to the collector
  release: 'onnx-1.0.0',
});
