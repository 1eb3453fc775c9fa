// One event per prediction, as users of the peers would send it; the same for us in the same page and measure.
// Main-thread time is the browser's own count of all tasks (CDP TaskDuration): deferred work and sending included.
import { join } from 'node:path';
import { build } from 'esbuild';

const EVENTS = 500;
const SETTLE_MS = 8_000; // the longest batching interval of them is 5 s

/** Each defines `emit` and may define `flush`. */
export const EMITTERS = {
  'nothing (the page itself)': `window.emit = () => undefined;`,
  inferfleet: `
    const { tf } = await import('/tf.js'); await tf.setBackend('cpu');
    const { createMonitor } = await import('/sdk/index.js'); const { tfjs } = await import('/sdk/tfjs.js');
    const monitor = createMonitor({ app: 'cost', endpoint: '', remoteConfig: false });
    const x = tf.zeros([1]); const { model } = monitor.wrap('model', { predict: () => x }, { adapter: tfjs(tf) });
    window.emit = () => model.predict(x); window.flush = () => monitor.flush();`,
  'opentelemetry-web-trace': `
    import { BatchSpanProcessor, WebTracerProvider } from '@opentelemetry/sdk-trace-web';
    import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
    const provider = new WebTracerProvider({ spanProcessors: [new BatchSpanProcessor(
      new OTLPTraceExporter({ url: location.origin + '/v1/traces' }))] });
    const tracer = provider.getTracer('app');
    window.emit = () => tracer.startSpan('predict').end(); window.flush = () => provider.forceFlush();`,
  'sentry-browser-bare': `
    import { BrowserClient, captureMessage, defaultStackParser, getCurrentScope, makeFetchTransport } from '@sentry/browser';
    const client = new BrowserClient({ dsn: location.origin.replace('//', '//k@') + '/1', transport: makeFetchTransport,
      stackParser: defaultStackParser, integrations: [] });
    getCurrentScope().setClient(client); client.init(); let n = 0;
    window.emit = () => captureMessage('predict ' + n++); window.flush = () => client.flush(5000);`,
  'faro-web-sdk': `
    import { initializeFaro } from '@grafana/faro-web-sdk';
    const { api } = initializeFaro({ url: location.origin + '/collect', app: { name: 'app' } });
    window.emit = () => api.pushMeasurement({ type: 'predict', values: { ms: Math.random() } });`,
  'posthog-js-slim': `
    import posthog from 'posthog-js/dist/module.slim';
    posthog.init('key', { api_host: location.origin, capture_pageview: false, opt_out_useragent_filter: true, rate_limiting: { events_per_second: 1e4, events_burst_limit: 1e5 } });
    window.emit = () => posthog.capture('predict', { ms: Math.random() });`,
  'datadog-rum-slim': `
    import { datadogRum } from '@datadog/browser-rum-slim';
    datadogRum.init({ applicationId: 'a', clientToken: 'b', proxy: location.origin + '/datadog', sessionSampleRate: 100 });
    window.emit = () => datadogRum.addAction('predict', { ms: Math.random() });`,
};

/** Main-thread us and bytes sent for each event; `sent: false` when nothing was seen leaving the page. */
export async function costOf(source, browser, origin, directory) {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: join(directory, '../sdk_size') },
    bundle: true,
    minify: true,
    format: 'esm',
    external: ['/tf.js', '/sdk/*'],
    write: false,
    logLevel: 'error',
  });
  const page = await browser.newPage();
  try {
    const cdp = await page.context().newCDPSession(page);
    let bytes = 0;
    page.on('request', (request) => {
      bytes += request.postDataBuffer()?.length ?? 0;
    });
    await page.goto(origin);
    await page.addScriptTag({ content: outputFiles[0].text, type: 'module' });
    await page.waitForFunction(() => window.emit);
    await page.evaluate(() => window.emit());
    await page.waitForTimeout(1_000);
    bytes = 0;
    await cdp.send('Performance.enable');
    const busy = async () => {
      const { metrics } = await cdp.send('Performance.getMetrics');
      return metrics.find(({ name }) => name === 'TaskDuration').value;
    };
    const before = await busy();
    await page.evaluate(async (events) => {
      for (let i = 0; i < events; i++) {
        window.emit();
        if (i % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 0));
      }
      await window.flush?.();
    }, EVENTS);
    await page.waitForTimeout(SETTLE_MS);
    const us = ((await busy()) - before) * 1e6;
    return { us_per_event: round(us / EVENTS), bytes_per_event: round(bytes / EVENTS), sent: bytes > 0 };
  } finally {
    await page.close();
  }
}

const round = (value) => Math.round(value * 10) / 10;
