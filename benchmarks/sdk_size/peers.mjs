// The smallest use of each peer that sends something: what an application could write instead of ours.
export const PEERS = {
  'web-vitals': `
    import { onCLS, onINP, onLCP } from 'web-vitals';
    const send = (metric) => navigator.sendBeacon('/vitals', JSON.stringify(metric));
    onCLS(send); onINP(send); onLCP(send);`,
  'opentelemetry-web-trace': `
    import { BatchSpanProcessor, WebTracerProvider } from '@opentelemetry/sdk-trace-web';
    import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
    const provider = new WebTracerProvider({ spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: '/v1/traces' }))] });
    provider.register();
    provider.getTracer('app').startSpan('predict').end();`,
  'sentry-browser-bare': `
    import { BrowserClient, defaultStackParser, getCurrentScope, makeFetchTransport, captureMessage } from '@sentry/browser';
    const client = new BrowserClient({ dsn: 'https://k@o.example/1', transport: makeFetchTransport, stackParser: defaultStackParser, integrations: [] });
    getCurrentScope().setClient(client); client.init();
    captureMessage('predict');`,
  'faro-web-sdk': `
    import { initializeFaro } from '@grafana/faro-web-sdk';
    initializeFaro({ url: '/collect', app: { name: 'app' } }).api.pushMeasurement({ type: 'predict', values: { ms: 1 } });`,
  'posthog-js-slim': `
    import posthog from 'posthog-js/dist/module.slim';
    posthog.init('key', { api_host: '/' });
    posthog.capture('predict', { ms: 1 });`,
  'datadog-rum-slim': `
    import { datadogRum } from '@datadog/browser-rum-slim';
    datadogRum.init({ applicationId: 'a', clientToken: 'b', site: 'datadoghq.com' });
    datadogRum.addAction('predict', { ms: 1 });`,
};
