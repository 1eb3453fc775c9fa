import { beforeEach, describe, expect, it } from 'vitest';
import type { ConfigDocument } from '../src/generated/config.js';
import { createMonitor } from '../src/index.js';
import { FakeAdapter, fakeModel } from './fake_adapter.js';
import { FakeHost } from './fake_host.js';

/** A collector whose config can change while the page runs. */
let enabled: boolean;
let etag: string;
/** What reports are answered with. */
let told: string | null;
let configs: number;
let host: FakeHost;

beforeEach(() => {
  enabled = true;
  etag = '"one"';
  told = null;
  configs = 0;
  host = new FakeHost();
  host.idle = (fn) => fn();
  host.answer = (url) => {
    if (!url.includes('/v1/config/'))
      return Response.json({ accepted: 1, duplicate: 0, rejected: {}, config_etag: told }, { status: 202 });
    configs++;
    const document: ConfigDocument = {
      app: 'lab',
      version: configs,
      device_class: '*',
      issued_at: 0,
      expires_at: 9e15,
      enabled,
    };
    return Response.json({ document: JSON.stringify(document) }, { headers: { etag } });
  };
});

const wrapped = async (options: { remoteConfig?: boolean } = {}) => {
  const monitor = createMonitor({ app: 'lab', endpoint: 'https://c.example', host, ...options });
  const face = monitor.wrap('face', fakeModel(''), { adapter: new FakeAdapter() });
  await host.advance(1);
  return { monitor, face };
};

describe('a page that only wraps its model', () => {
  it('hears the kill switch when it starts', async () => {
    enabled = false;
    const { monitor, face } = await wrapped();
    face.model.predict(1);
    await monitor.flush();
    host.hide();
    expect(monitor.snapshot().enabled).toBe(false);
    expect(host.sent).toEqual([]);
  });

  it('asks nothing when it wants no remote config', async () => {
    const { face, monitor } = await wrapped({ remoteConfig: false });
    face.model.predict(1);
    await monitor.flush();
    expect(configs).toBe(0);
    expect(host.sent).toHaveLength(1);
  });
});

describe('a page that runs when the config changes', () => {
  it('stops measuring once a report’s answer names another config, and that one says so', async () => {
    const { monitor, face } = await wrapped();
    face.model.predict(1);
    told = etag;
    await monitor.flush();
    await host.advance(1);
    expect(configs).toBe(1);
    enabled = false;
    told = etag = '"two"';
    face.model.predict(1);
    await monitor.flush();
    await host.advance(1);
    expect(configs).toBe(2);
    const before = host.sent.length;
    expect(face.model.predict(21)).toBe(42);
    await monitor.flush();
    host.hide();
    expect(host.sent).toHaveLength(before);
    expect(monitor.snapshot().enabled).toBe(false);
  });

  it('takes a weak ETag for the same config: a proxy that compresses makes them so', async () => {
    etag = 'W/"one"';
    const { monitor, face } = await wrapped();
    told = '"one"';
    face.model.predict(1);
    await monitor.flush();
    await host.advance(1);
    expect(configs).toBe(1);
  });
});
