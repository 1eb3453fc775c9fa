/** A plan over the life of a page: how long it holds, for whom, and what ends it. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConfigDocument } from '../src/generated/config.js';
import { createMonitor, type Monitor } from '../src/index.js';
import { FakeAdapter, fakeModel } from './fake_adapter.js';
import { FakeHost } from './fake_host.js';

let host: FakeHost;
let monitor: Monitor;
let version: number;

beforeEach(() => {
  host = new FakeHost();
  version = 1;
});
afterEach(() => monitor.close());

const serve = (changes: Partial<ConfigDocument> = {}) => {
  const document = {
    app: 'lab',
    version: version++,
    device_class: '*',
    issued_at: 0,
    expires_at: 9e15,
    models: {
      face: { arms: [{ backend: 'wasm-simd' as const, probability: 1 }] },
      hand: { arms: [{ backend: 'wasm-simd' as const, probability: 1 }] },
    },
    ...changes,
  };
  host.answer = (url) =>
    url.includes('/v1/config/')
      ? Response.json({ document: JSON.stringify(document) }, { headers: { etag: `"${document.version}"` } })
      : Response.json(
          { accepted: 1, duplicate: 0, rejected: {}, config_etag: `"${document.version}"` },
          { status: 202 },
        );
};
const open = () => {
  monitor = createMonitor({ app: 'lab', endpoint: '', host });
};
const load = async (name: string, adapter = new FakeAdapter()) => {
  const loading = monitor.load(name, { adapter, url: '/m.json', load: async (url) => fakeModel(url) });
  await host.advance(400);
  const { source, backend } = await loading;
  return `${source} ${backend}`;
};
/** The collector's answer to a report names the config that it has now. */
const report = async () => {
  monitor.wrap('other', fakeModel(''), { adapter: new FakeAdapter() }).model.predict(1);
  await monitor.flush();
  await host.advance(1);
};

describe('a plan', () => {
  it('that expires in mid-life steers no load after that', async () => {
    serve({ expires_at: host.epoch() + 60_000 });
    open();
    expect(await load('face')).toBe('config wasm-simd');
    host.answer = () => Promise.reject(new TypeError('offline'));
    await host.advance(60_000);
    expect(await load('face')).toBe('default webgl');
    expect(await load('hand')).toBe('default webgl');
  });

  it('that expires in mid-life is followed by the one there is then', async () => {
    serve({ expires_at: host.epoch() + 60_000 });
    open();
    await load('face');
    serve({ models: { face: { arms: [{ backend: 'cpu', probability: 1 }] } } });
    await host.advance(60_000);
    expect(await load('face')).toBe('config cpu');
  });

  it('gives one install the same arm every time, whatever comes of others', async () => {
    const arms = [
      { backend: 'cpu' as const, probability: 0.5 },
      { backend: 'wasm-simd' as const, probability: 0.5 },
    ];
    const seen = new Set<string>();
    for (let install = 0; install < 12; install++) {
      host = new FakeHost();
      host.kept.set('inferfleet:install', JSON.stringify(`install-${install}`));
      version = 1;
      serve({ models: { face: { arms } } });
      const drawn = new Set<string>();
      for (let life = 0; life < 3; life++) {
        open();
        for (let again = 0; again < 2; again++) drawn.add(await load('face'));
        monitor.close();
      }
      expect(drawn.size).toBe(1);
      for (const each of drawn) seen.add(each);
    }
    expect([...seen].sort()).toEqual(['config cpu', 'config wasm-simd']);
  });
});

describe('the kill switch in mid-life', () => {
  it('ends steering for models that load later, and measuring', async () => {
    serve();
    open();
    expect(await load('face')).toBe('config wasm-simd');
    serve({ enabled: false });
    await report();
    expect(monitor.snapshot().enabled).toBe(false);
    expect(await load('hand')).toBe('default webgl');
    expect(await load('face')).toBe('default webgl');
  });

  it('is taken back as it came', async () => {
    serve({ enabled: false });
    open();
    expect(await load('face')).toBe('default webgl');
    expect(monitor.snapshot().enabled).toBe(false);
    monitor.close();
    serve();
    open();
    expect(await load('face')).toBe('config wasm-simd');
    expect(monitor.snapshot().enabled).toBe(true);
  });
});
