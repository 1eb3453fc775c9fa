import { beforeAll, describe, expect, it } from 'vitest';
import type { ConfigDocument, ConfigEnvelope } from '../src/generated/config.js';
import { remoteConfig } from '../src/later/remote_config.js';
import { FakeHost } from './fake_host.js';

const base64url = (bytes: ArrayBuffer) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '');

let keys: CryptoKeyPair;
let publicKey: string;
beforeAll(async () => {
  keys = (await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify'])) as CryptoKeyPair;
  publicKey = base64url(await crypto.subtle.exportKey('raw', keys.publicKey));
});

function envelope(host: FakeHost, changes: Partial<ConfigDocument> = {}): ConfigEnvelope {
  const document: ConfigDocument = {
    app: 'lab',
    version: 1,
    device_class: '*',
    issued_at: 0,
    expires_at: host.epoch() + 3600_000,
    models: {},
    ...changes,
  };
  return { document: JSON.stringify(document) };
}

async function signed(plain: ConfigEnvelope): Promise<ConfigEnvelope> {
  const bytes = new TextEncoder().encode(plain.document);
  return { ...plain, signature: base64url(await crypto.subtle.sign('Ed25519', keys.privateKey, bytes)) };
}

function visit(host: FakeHost, key?: string) {
  const faults: unknown[] = [];
  const configs: number[] = [];
  const remote = remoteConfig({
    host,
    options: { app: 'lab', configBudgetMs: 300, ...(key && { configPublicKey: key }) },
    endpoint: 'https://c.example',
    facts: () => ({ os: 'linux', browser: 'chromium', form: 'desktop', memory_gb: 8, cores: 4 }),
    fault: (error) => faults.push(error),
    onConfig: ({ version }) => configs.push(version),
  });
  return { remote, faults, configs };
}

const serve = (host: FakeHost, body: unknown, status = 200) => {
  host.answer = () => Response.json(body, { status, headers: { etag: '"e1"' } });
};
// Where the clock stands still an answer comes by itself, so that a slow machine is not a late answer.
describe('remote config', () => {
  it('asks with the coarse facts, sorted, and takes the answer', async () => {
    const host = new FakeHost();
    let asked = '';
    host.answer = (url) => {
      asked = url;
      return Response.json(envelope(host, { version: 7 }));
    };
    const { remote, faults } = visit(host);
    const planned = await remote.get();
    expect(asked).toBe(
      'https://c.example/v1/config/lab?browser=chromium&cores=4&form=desktop&gpu=unknown&memory_gb=8&os=linux',
    );
    expect(planned).toMatchObject({ source: 'config', document: { version: 7 } });
    expect(faults).toEqual([]);
  });

  it('waits no longer than its budget, and uses the late answer on the next visit', async () => {
    const host = new FakeHost();
    host.answer = () =>
      new Promise((resolve) => host.after(5_000, () => resolve(Response.json(envelope(host)))));
    const first = visit(host);
    const got = first.remote.get();
    await host.advance(301);
    expect(await got).toBeUndefined();
    await host.advance(6_000);
    expect(first.configs).toEqual([1]);
    host.answer = () => Promise.reject(new TypeError('offline'));
    const next = visit(host);
    expect(await next.remote.get()).toMatchObject({
      source: 'last_known_good',
      document: { version: 1 },
    });
    expect(next.faults).toEqual([]);
  });

  it('has none after it expired, nor one for another app', async () => {
    const host = new FakeHost();
    for (const change of [{ expires_at: host.epoch() - 1 }, { app: 'other' }]) {
      serve(host, envelope(host, change));
      expect(await visit(host).remote.get()).toBeUndefined();
    }
    serve(host, envelope(host));
    expect(await visit(host).remote.get()).toBeDefined();
    serve(host, {}, 503);
    await host.advance(3600_000);
    expect(await visit(host).remote.get()).toBeUndefined();
  });

  it('goes by the last known one while the collector answers nothing of use', async () => {
    const host = new FakeHost();
    serve(host, envelope(host));
    await visit(host).remote.get();
    serve(host, { nothing: 'of use' });
    const { remote, faults } = visit(host);
    expect(await remote.get()).toMatchObject({ source: 'last_known_good' });
    expect(faults).toHaveLength(1);
  });

  it('fetches again for the next visit when the collector names another ETag, once', async () => {
    const host = new FakeHost();
    serve(host, envelope(host));
    const { remote, configs } = visit(host);
    await remote.get();
    serve(host, envelope(host, { version: 2 }));
    remote.refresh('"e1"');
    remote.refresh('"e2"');
    remote.refresh('"e2"');
    await host.advance(1);
    expect(configs).toEqual([1, 2]);
  });
});

describe('signed config', () => {
  it('is taken with the right signature', async () => {
    const host = new FakeHost();
    serve(host, await signed(envelope(host)));
    const { remote, faults } = visit(host, publicKey);
    expect(await remote.get()).toMatchObject({ source: 'config' });
    expect(faults).toEqual([]);
  });

  it('is refused unsigned, changed, or kept so in storage, and that is counted', async () => {
    const host = new FakeHost();
    const good = await signed(envelope(host));
    for (const bad of [
      envelope(host),
      { ...good, document: good.document.replace('"version":1', '"version":9') },
      { ...good, signature: good.signature?.replace(/^./, (char) => (char === 'A' ? 'B' : 'A')) },
    ]) {
      serve(host, bad);
      const { remote, faults } = visit(host, publicKey);
      expect(await remote.get()).toBeUndefined();
      expect(faults).toHaveLength(1);
    }
    host.kept.set('inferfleet:config:lab', JSON.stringify(envelope(host)));
    serve(host, {}, 503);
    expect(await visit(host, publicKey).remote.get()).toBeUndefined();
  });

  it('is not taken back to an older version by a replay', async () => {
    const host = new FakeHost();
    serve(host, await signed(envelope(host, { version: 5 })));
    await visit(host, publicKey).remote.get();
    serve(host, await signed(envelope(host, { version: 4 })));
    expect(await visit(host, publicKey).remote.get()).toMatchObject({
      source: 'last_known_good',
      document: { version: 5 },
    });
  });
});
