/** What pages, proxies and clocks change on the way: nothing is lost by it. */

import { afterEach, describe, expect, it } from 'vitest';
import { jsonOf } from '../src/later/json.js';
import { remoteConfig } from '../src/later/remote_config.js';
import { fakeModel } from './fake_adapter.js';
import { FakeHost } from './fake_host.js';
import { adapter, host, items, monitor, start, useFakeHost } from './monitor_on_fake_host.js';

describe('a clock that is set right in mid-life', () => {
  useFakeHost();
  it.each([
    ['by +10 min', 600_000],
    ['by +2 h', 7_200_000],
    ['by -3 d', -259_200_000],
    ['from 1970', 1_799_000_000_000],
  ])('%s tears no report apart', async (_, by) => {
    const right = host.epoch;
    let off = by;
    host.epoch = () => right() - off;
    start();
    const { model } = monitor.wrap('face', fakeModel(''), { adapter });
    model.predict(1);
    await host.advance(1_000);
    off = 0;
    model.predict(1);
    await monitor.flush();
    await host.advance(100);
    const [report] = host.sent;
    const [window] = items('windows');
    expect((report?.report.sent_at ?? 0) - (window?.started_at ?? 0)).toBeGreaterThanOrEqual(1_000);
    expect((report?.report.sent_at ?? 0) - (window?.started_at ?? 0)).toBeLessThan(2_000);
  });
});

describe('a page with a toJSON of its own', () => {
  const prototypes = [Array.prototype, Object.prototype] as { toJSON?: unknown }[];
  afterEach(() => {
    for (const prototype of prototypes) delete prototype.toJSON;
  });
  const value = { a: [1, 'two', { b: null, c: [] }], d: undefined, e: true, f: 'g"\n', h: {} };
  const right = JSON.stringify(value);
  it('does not change what is sent', () => {
    expect(jsonOf(value)).toBe(right);
    for (const prototype of prototypes) {
      prototype.toJSON = () => 'changed';
      expect(JSON.stringify(value)).not.toBe(right);
      expect(jsonOf(value)).toBe(right);
    }
  });
});

describe('a proxy that changes ETags', () => {
  it.each(['"abc-gzip"', '"abc--gzip"', '"abc;br"', 'W/"abc"', 'W/"abc-br"', '"of-its-own"'])(
    'to %s costs one more request at most',
    async (etag) => {
      const fake = new FakeHost();
      let requests = 0;
      fake.answer = () => {
        requests++;
        const document = {
          app: 'lab',
          version: 1,
          device_class: '*',
          issued_at: 0,
          expires_at: 9e15,
          models: {},
        };
        return Response.json({ document: JSON.stringify(document) }, { headers: { etag } });
      };
      const remote = remoteConfig({
        host: fake,
        dev: false,
        endpoint: 'https://c.example',
        options: { app: 'lab' },
        facts: () => ({}),
        fault: () => undefined,
        onConfig: () => undefined,
      });
      const got = remote.get();
      await fake.advance(1);
      await got;
      for (let report = 0; report < 8; report++) {
        remote.refresh('"abc"');
        await fake.advance(1);
      }
      expect(requests).toBe(etag === '"of-its-own"' ? 2 : 1);
      remote.refresh('"another"');
      await fake.advance(1);
      expect(requests).toBe(etag === '"of-its-own"' ? 3 : 2);
    },
  );
});
