import { beforeAll, describe, expect, it, vi } from 'vitest';
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
    dev: false,
    options: { app: 'lab', configBudgetMs: 300, ...(key && { configPublicKey: key }) },
    endpoint: 'https://c.example',
    facts: () => ({
      ...{ os: 'linux', browser: 'chromium', form: 'desktop', memory_gb: 8, cores: 4 },
      ...{ wasm_simd: true, wasm_threads: false },
    }),
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
      'https://c.example/v1/config/lab?browser=chromium&cores=4&form=desktop&gpu=unknown&lacks=threads&memory_gb=8&os=linux',
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

  it.each([
    ['form=mobile,os=android,browser=chromium', false],
    ['form=desktop,os=linux,browser=firefox', false],
    ['form=desktop,os=linux,browser=chromium,gpu=apple,memory_gb=16,cores=4', false],
    ['form=desktop,os=linux', true],
    ['form=desktop,os=linux,browser=chromium,gpu=apple', true], // the GPU has not been looked at yet
    ['form=desktop,os=other', true], // a collector that is older than this system's name
    ['*', true],
  ])(
    'has plans for its own kind of device only, and the kill switch of any: %s',
    async (device_class, ours) => {
      const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
      const host = new FakeHost();
      const models = { face: { arms: [{ backend: 'webgpu' as const, probability: 1 }] } };
      serve(host, envelope(host, { device_class, models, enabled: false }));
      const { remote, faults } = visit(host);
      const planned = await remote.get();
      expect(planned?.document.enabled).toBe(false);
      expect(Object.keys(planned?.document.models ?? {})).toEqual(ours ? ['face'] : []);
      expect(faults).toHaveLength(ours ? 0 : 1);
      expect(warned).toHaveBeenCalledTimes(0); // a visitor's console is left alone
      warned.mockRestore();
    },
  );

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

describe('plans that were made to fit this device', () => {
  it.each(['"e1.0a1b"', 'W/"e1.0a1b"', '"e1.0a1b-gzip"', '"e1.0a1b"-gzip', '"e1.0a1b;br"'])(
    'are those that reports speak of: %s',
    async (etag) => {
      const host = new FakeHost();
      let asked = 0;
      host.answer = () => {
        asked++;
        return Response.json(envelope(host), { headers: { etag } });
      };
      const { remote } = visit(host);
      await remote.get();
      remote.refresh('"e1"');
      expect(asked).toBe(1);
      remote.refresh('"e2"');
      expect(asked).toBe(2);
    },
  );
});

describe('a config in a long page life', () => {
  it('is asked for anew when it has expired, and not gone by any more when there is none', async () => {
    const host = new FakeHost();
    serve(host, envelope(host, { version: 1, expires_at: host.epoch() + 60_000 }));
    const { remote } = visit(host);
    expect(await remote.get()).toMatchObject({ document: { version: 1 } });
    serve(host, envelope(host, { version: 2, expires_at: host.epoch() + 120_000 }));
    await host.advance(59_000);
    expect(await remote.get()).toMatchObject({ document: { version: 1 } }); // one request while it is valid
    await host.advance(1_000);
    expect(await remote.get()).toMatchObject({ source: 'config', document: { version: 2 } });
    serve(host, {}, 503);
    await host.advance(60_000);
    expect(await remote.get()).toBeUndefined();
  });

  it('is not taken back by a replay that the answer to a report led to', async () => {
    const host = new FakeHost();
    serve(host, await signed(envelope(host, { version: 5 })));
    const { remote, configs } = visit(host, publicKey);
    await remote.get();
    serve(host, await signed(envelope(host, { version: 4, enabled: false })));
    remote.refresh('"older"');
    await host.advance(1);
    await expect.poll(() => host.kept.get('inferfleet:config:lab')).toContain('\\"version\\":5');
    expect(configs).toEqual([5]);
  });
});

describe('a hostile answer', () => {
  const text = (body: string | ReadableStream) => new Response(body, { headers: { etag: '"e1"' } });
  const endless = (host: FakeHost) => {
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(32));
      },
    });
    host.answer = () => text(body);
    return () => sent;
  };

  it.each([
    ['null', 'null'],
    ['a number', '7'],
    ['a list', '[]'],
    ['half of one', '{"document": "'],
    ['no text for a document', '{"document": {"app": "lab"}}'],
    ['a document that is no JSON', '{"document": "{"}'],
    ['a document of nothing', '{"document": "null"}'],
    ['a document that is deep', JSON.stringify({ document: '[{"a":'.repeat(20_000) })],
  ])('of %s is counted, and the last known good one holds', async (_, body) => {
    const host = new FakeHost();
    serve(host, envelope(host));
    await visit(host).remote.get();
    host.answer = () => text(body);
    const { remote, faults } = visit(host);
    expect(await remote.get()).toMatchObject({ source: 'last_known_good' });
    expect(faults).toHaveLength(1);
    expect(JSON.parse(host.kept.get('inferfleet:config:lab') ?? '')).toEqual(envelope(host));
  });

  it('of a fetch without streams, as whatwg-fetch and unfetch are, is taken within the bound', async () => {
    const host = new FakeHost();
    const without = (body: string) => () => Object.defineProperty(text(body), 'body', { value: undefined });
    host.answer = without(`\ufeff${JSON.stringify(envelope(host))}`);
    expect(await visit(host).remote.get()).toMatchObject({ source: 'config' });
    host.answer = without(' '.repeat(2 ** 20));
    const { remote, faults } = visit(host);
    expect(await remote.get()).toMatchObject({ source: 'last_known_good' });
    expect(faults).toMatchObject([{ name: 'RangeError' }]);
  });

  it('without an end is read up to a bound', async () => {
    const host = new FakeHost();
    const sent = endless(host);
    const { remote, faults } = visit(host);
    expect(await remote.get()).toBeUndefined();
    expect(faults).toMatchObject([{ name: 'RangeError' }]);
    expect(sent()).toBeLessThan(1_048_576);
  });

  it('that never comes is waited for within the budget, and let go after half a minute', async () => {
    const host = new FakeHost();
    let signal: AbortSignal | null | undefined;
    host.answer = (_, init) => {
      signal = init?.signal;
      return new Promise(() => undefined);
    };
    const { remote, faults } = visit(host);
    const got = remote.get();
    await host.advance(301);
    expect(await got).toBeUndefined();
    expect(signal?.aborted).toBe(false);
    await host.advance(30_000);
    expect(signal?.aborted).toBe(true);
    expect(faults).toEqual([]);
  });

  it('that was kept by some other script is refused, and counted', async () => {
    for (const spoilt of ['7', '"text"', '{"document":7}', '{"document":"[]"}']) {
      const host = new FakeHost();
      host.kept.set('inferfleet:config:lab', spoilt);
      host.answer = () => Promise.reject(new TypeError('offline'));
      const { remote, faults } = visit(host);
      expect(await remote.get()).toBeUndefined();
      expect(faults).toHaveLength(1);
    }
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

  describe('where its signature cannot be checked', () => {
    const noEd25519 = { importKey: () => Promise.reject(new DOMException('', 'NotSupportedError')) };

    it.each([
      ['has no Ed25519 in WebCrypto', noEd25519, 'no Ed25519'],
      ['has no WebCrypto, on plain http', undefined, 'without https'],
    ])(
      'is not gone by: the browser %s; a developer is told once, and it is counted',
      async (_, subtle, why) => {
        vi.resetModules(); // it was told once in this page already, or not
        const fresh = await import('../src/later/remote_config.js');
        const host = new FakeHost();
        serve(host, await signed(envelope(host)));
        host.kept.set('inferfleet:config:lab', JSON.stringify(await signed(envelope(host))));
        vi.stubGlobal('crypto', { subtle });
        vi.stubGlobal('location', {
          hostname: 'localhost',
          origin: 'http://localhost',
          href: 'http://localhost/',
        });
        vi.stubGlobal('isSecureContext', !!subtle);
        const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
        const faults: unknown[] = [];
        const remote = fresh.remoteConfig({
          host,
          dev: true,
          options: { app: 'lab', configBudgetMs: 300, configPublicKey: publicKey },
          endpoint: '',
          facts: () => ({}),
          fault: (error) => faults.push(error),
          onConfig: () => undefined,
        });
        const got = await remote.get();
        const lines = warned.mock.calls.map(([line]) => String(line));
        vi.unstubAllGlobals();
        warned.mockRestore();
        expect(got).toBeUndefined();
        expect(lines).toHaveLength(1);
        expect(lines[0]).toContain(why);
        expect(faults).toHaveLength(2); // the kept one, and the fetched one
      },
    );

    it('is not gone by with a key that is none', async () => {
      const host = new FakeHost();
      serve(host, await signed(envelope(host)));
      for (const key of ['short', '***', 'A'.repeat(44)]) {
        const { remote, faults } = visit(host, key);
        expect(await remote.get()).toBeUndefined();
        expect(faults).toHaveLength(1);
      }
    });
  });
});
