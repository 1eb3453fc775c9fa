import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createMonitor, type Monitor, type MonitorOptions } from '../src/index.js';
import { FakeAdapter, type FakeModel, fakeModel } from './fake_adapter.js';
import { accepted, FakeHost } from './fake_host.js';

/** Every request, configs included. */
let asked: string[];
let host: FakeHost;
let adapter: FakeAdapter;
let monitor: Monitor;

beforeEach(() => {
  asked = [];
  host = new FakeHost();
  host.answer = (url) => {
    asked.push(url);
    return url.includes('/v1/config/') ? new Response('', { status: 404 }) : accepted();
  };
  adapter = new FakeAdapter();
});
afterEach(() => vi.unstubAllGlobals());

const start = (options: Partial<MonitorOptions> = {}) => {
  monitor = createMonitor({ app: 'lab', endpoint: 'https://c.example', host, ...options });
};
const load = async () => {
  const loading = monitor.load<FakeModel>('face', {
    adapter,
    url: '/face.json',
    load: async (url) => fakeModel(url),
  });
  await host.advance(400);
  return loading;
};
const predictions = () =>
  host.sent.flatMap(({ report }) => report.windows ?? []).reduce((sum, { count }) => sum + count, 0);

describe('without consent', () => {
  it('a page runs its model as it would by itself, and nothing is measured, kept or asked', async () => {
    start({ consent: false });
    const face = await load();
    expect(face).toMatchObject({ source: 'default', variant: 'original' });
    expect(face.model.predict(21)).toBe(42);
    await monitor.flush();
    host.hide();
    await host.advance(120_000);
    expect(asked).toEqual([]);
    expect(host.sent).toEqual([]);
    expect([...host.kept]).toEqual([]);
    expect(monitor.snapshot()).toMatchObject({ enabled: false, reports: { queued: 0, dropped: 0 } });
  });

  it('measuring begins with the answer, and says which arm the model runs', async () => {
    start({ consent: false });
    const face = await load();
    face.model.predict(1);
    monitor.consent(true);
    monitor.consent(true);
    face.model.predict(1);
    face.model.predict(1);
    await host.advance(1);
    await monitor.flush();
    expect(predictions()).toBe(2);
    expect(host.sent.flatMap(({ report }) => report.exposures ?? [])).toMatchObject([{ model: 'face' }]);
  });
});

describe('consent taken back', () => {
  it('lets go of what was measured and kept, and says how much when it is given again', async () => {
    start();
    const face = await load();
    expect(host.kept.size).toBeGreaterThan(0);
    face.model.predict(1);
    host.isOnline = false;
    host.answer = () => {
      throw new TypeError('offline');
    };
    await monitor.flush();
    face.model.predict(1);
    monitor.consent(false);
    await host.advance(1);
    expect(face.model.predict(21)).toBe(42);
    expect([...host.kept]).toEqual([]);
    host.answer = accepted;
    await host.advance(600_000);
    host.hide();
    expect(host.sent).toEqual([]);
    monitor.consent(true);
    face.model.predict(1);
    await monitor.flush();
    await host.advance(600_000);
    expect(predictions()).toBe(1);
    expect(host.sent[0]?.report.dropped?.consent).toBeGreaterThan(2);
  });

  it('ends no page when storage is denied', async () => {
    const broken = () => {
      throw new DOMException('', 'SecurityError');
    };
    host.storage = { getItem: broken, setItem: broken, removeItem: broken };
    start();
    const face = await load();
    monitor.consent(false);
    await host.advance(1);
    expect(face.model.predict(21)).toBe(42);
  });
});

describe('Global Privacy Control', () => {
  beforeEach(() => {
    vi.stubGlobal('navigator', { userAgent: '', globalPrivacyControl: true });
  });

  it('is respected: nothing is reported', async () => {
    start();
    const face = await load();
    expect(face.model.predict(21)).toBe(42);
    await monitor.flush();
    host.hide();
    expect(host.sent).toEqual([]);
  });

  it('can be left to the page’s own consent', async () => {
    start({ globalPrivacyControl: 'ignore' });
    (await load()).model.predict(1);
    await monitor.flush();
    expect(predictions()).toBe(1);
  });
});

describe('the page’s own sample rate', () => {
  it.each([
    [0.4, 0], // chance is 0.5
    [0.6, 1],
  ])('of %s lets sessions below it report', async (sampleRate, reported) => {
    start({ sampleRate, remoteConfig: false });
    const face = await load();
    await host.advance(1);
    face.model.predict(1);
    await monitor.flush();
    host.hide();
    expect(predictions()).toBe(reported);
  });
});
