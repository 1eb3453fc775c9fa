import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createOutbox, MOST_BYTES, type Outbox } from '../src/core/outbox.js';
import type { Incident, Stage } from '../src/generated/report.js';
import { createDelivery, type Delivery } from '../src/later/delivery.js';
import { packByBytes } from '../src/later/packing.js';
import { countRepeats } from '../src/later/repeats.js';
import { accepted, FakeHost, settle } from './fake_host.js';

let host: FakeHost;
let outbox: Outbox;
let delivery: Delivery;
const etags: string[] = [];
const fault = (error: unknown) => {
  throw error;
};

beforeEach(() => {
  host = new FakeHost();
  const url = 'https://c.example/v1/report?key=a%20key';
  const identity = { app: 'lab', release: '1', session: () => 's'.repeat(22), device: () => ({}), url };
  outbox = createOutbox(host, identity, () => undefined);
  packByBytes(outbox);
  delivery = createDelivery({ host, outbox, url, onConfigEtag: (etag) => etags.push(etag), fault });
});

const incident = (model: string): Incident => ({ model, backend: 'cpu', kind: 'error', at: 1 });
const stage = (bytes: number): Stage => ({
  stage: 's',
  started_at: 1,
  duration_ms: 1,
  count: 1,
  span_ms: { buckets: Array(Math.ceil(bytes / 4)).fill(1), counts: Array(Math.ceil(bytes / 4)).fill(1) },
});
function queue(...models: string[]): void {
  for (const model of models) {
    outbox._add('incidents', incident(model));
    outbox._pack();
  }
}
const models = () => host.sent.map(({ report }) => report.incidents?.[0]?.model);

describe('delivery', () => {
  it('sends oldest first, with the key in the query and the time of sending', async () => {
    queue('a', 'b');
    host.time += 5_000;
    await delivery._send();
    expect(models()).toEqual(['a', 'b']);
    expect(host.sent[0]?.url).toBe('https://c.example/v1/report?key=a%20key');
    expect(host.sent[0]?.report.sent_at).toBe(host.epoch());
    expect([outbox._queue.length, outbox._acknowledged]).toEqual([0, 2]);
  });

  it('retries a batch under the same batch_id, with growing pauses and full jitter', async () => {
    const at: number[] = [];
    const batches = new Set<unknown>();
    host.chance = 0.999;
    host.answer = (_, init) => {
      at.push(host.time);
      batches.add(JSON.parse(String(init?.body)).batch_id);
      return at.length < 13 ? Promise.reject(new TypeError('offline')) : accepted();
    };
    queue('a');
    void delivery._send();
    await host.advance(3600_000);
    const pauses = at.slice(1).map((time, i) => time - (at[i] ?? 0));
    expect(pauses[0]).toBeCloseTo(2_000, -2);
    expect(pauses[1]).toBeCloseTo(4_000, -2);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(300_000);
    expect(batches.size).toBe(1);
    expect(outbox._acknowledged).toBe(1);
  });

  it.each([
    ['seconds', () => '120'],
    ['a date', () => new Date(host.epoch() + 120_000).toUTCString()],
  ])('waits as long as Retry-After asks in %s, also with new reports', async (_, header) => {
    host.answer = () => new Response('', { status: 503, headers: { 'retry-after': header() } });
    queue('a');
    await delivery._send();
    expect(host.sent).toHaveLength(1);
    queue('b');
    await delivery._send();
    await host.advance(115_000);
    expect(host.sent).toHaveLength(1);
    host.answer = accepted;
    await host.advance(20_000);
    expect(models()).toEqual(['a', 'a', 'b']);
  });

  it.each([408, 429, 500, 503])('keeps a report that was answered with %i', async (status) => {
    host.answer = () => new Response('', { status });
    queue('a');
    await delivery._send();
    expect([outbox._queue.length, outbox._dropped]).toEqual([1, 0]);
  });

  it.each([400, 401, 403, 413, 422])(
    'lets a report go that was answered with %i, and says so next time',
    async (status) => {
      host.answer = () => new Response('', { status });
      queue('a');
      await delivery._send();
      expect([outbox._queue.length, outbox._dropped]).toEqual([0, 1]);
      host.answer = accepted;
      queue('b');
      await delivery._send();
      expect(host.sent.at(-1)?.report.dropped).toEqual({ rejected: 1 });
    },
  );

  it.each([
    [
      'the offline page of a service worker',
      () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } }),
    ],
    ['an application’s index.html', () => new Response('<!doctype html><div id=root>')],
    ['a blocker’s nothing', () => new Response(null, { status: 204 })],
    ['another service’s JSON', () => Response.json({ ok: true })],
  ])('keeps a report that something else than the collector answered: %s', async (_, answer) => {
    host.answer = answer;
    queue('a');
    void delivery._send();
    await host.advance(10_000);
    expect([outbox._queue.length, outbox._acknowledged, outbox._dropped]).toEqual([1, 0, 0]);
    host.answer = accepted;
    await host.advance(60_000);
    expect([outbox._queue.length, outbox._acknowledged]).toEqual([0, 1]);
    expect(new Set(host.sent.map(({ report }) => report.batch_id)).size).toBe(1);
  });

  it.each([
    ['202 whose text was lost', () => new Response('', { status: 202 })],
    [
      '200 by a gateway that knows no other',
      () => Response.json({ accepted: 1, duplicate: 0, rejected: {} }),
    ],
  ])('takes the collector’s answer as a %s', async (_, answer) => {
    host.answer = answer;
    queue('a');
    await delivery._send();
    expect([outbox._queue.length, outbox._acknowledged]).toEqual([0, 1]);
  });

  it.each([
    ['301 or 302, which makes a GET of a POST', 405],
    ['308 to another origin, which takes the page’s away', 403],
  ])('goes where a redirect leads by itself, beacons too: %s', async (_, status) => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const there = 'https://new.example/v1/report?key=a%20key';
    const asked: string[] = [];
    host.answer = (url) => {
      asked.push(url);
      if (url === there) return accepted();
      return Object.defineProperties(Response.json({}, { status }), {
        redirected: { value: true },
        url: { value: there },
      });
    };
    queue('a', 'b');
    await delivery._send();
    expect(asked).toEqual(['https://c.example/v1/report?key=a%20key', there, there]);
    expect([outbox._acknowledged, outbox._dropped]).toEqual([2, 0]);
    queue('c');
    outbox._send();
    expect(host.sent.at(-1)).toMatchObject({ by: 'beacon', url: there });
    expect(warned.mock.calls).toEqual([
      ['inferfleet: "https://c.example" redirects to "https://new.example": pass that as the endpoint'],
    ]);
    warned.mockRestore();
    await host.advance(10_000); // the beacon has landed
  });

  it('goes to no login page that a redirect leads to, and keeps the report', async () => {
    host.answer = () =>
      Object.defineProperties(new Response('<form>'), {
        redirected: { value: true },
        url: { value: 'https://c.example/login?next=/v1/report' },
      });
    queue('a');
    await delivery._send();
    expect(host.sent.map(({ url }) => url)).toEqual(['https://c.example/v1/report?key=a%20key']);
    expect([outbox._queue.length, outbox._acknowledged]).toEqual([1, 0]);
  });

  it('tells the developer once why the collector refuses', async () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const problem = { code: 'unknown_key', detail: "Pass the app's write key as ?key=." };
    host.answer = () => Response.json(problem, { status: 401 });
    for (const name of ['a', 'b']) {
      queue(name);
      await delivery._send();
    }
    await vi.waitFor(() => expect(warned).toHaveBeenCalled());
    expect(warned.mock.calls).toEqual([
      ["inferfleet: the collector refused a report: 401 unknown_key. Pass the app's write key as ?key=."],
    ]);
    warned.mockRestore();
  });

  it('says drops again when the report that told of them was lost itself', async () => {
    outbox._drop('queue_full', 3);
    host.answer = () => new Response('', { status: 422 });
    queue('a');
    await delivery._send();
    host.answer = accepted;
    queue('b');
    await delivery._send();
    expect(host.sent.at(-1)?.report.dropped).toEqual({ queue_full: 3, rejected: 1 });
    expect(outbox._dropped).toBe(4);
  });

  it('lets a report go after a day', async () => {
    host.answer = () => Promise.reject(new TypeError('offline'));
    queue('a');
    void delivery._send();
    await host.advance(25 * 3600_000);
    expect([outbox._queue.length, outbox._dropped]).toEqual([0, 1]);
  });

  it('bounds its queue and lets the oldest go', async () => {
    host.answer = () => new Promise(() => undefined);
    for (let i = 0; i < 60; i++) {
      outbox._add('stages', stage(10_000));
      outbox._pack();
      void delivery._send();
    }
    expect(outbox._queue.length).toBeLessThan(27);
    expect(outbox._queue.length + outbox._dropped).toBe(60);
  });

  it('tells of the config that the collector has now', async () => {
    host.answer = () => Response.json({ accepted: 1, config_etag: '"v2"' }, { status: 202 });
    queue('a');
    await delivery._send();
    expect(etags).toEqual(['"v2"']);
  });

  it('gives a request up after 30 s', async () => {
    host.answer = (_, init) =>
      new Promise((_, reject) => init?.signal?.addEventListener('abort', () => reject(new Error('aborted'))));
    queue('a');
    void delivery._send();
    await host.advance(29_000);
    expect(outbox._queue.length).toBe(1);
    host.answer = accepted;
    await host.advance(10_000);
    expect(outbox._acknowledged).toBe(1);
  });
});

describe('gzip', () => {
  const bodies: unknown[] = [];
  beforeEach(() => {
    bodies.length = 0;
    host.answer = (_, init) => {
      bodies.push(init?.body);
      return accepted();
    };
  });
  const long = () => {
    outbox._add('stages', stage(8_000));
    outbox._pack();
  };

  it('is for reports over a kilobyte, without a header that would cost a preflight', async () => {
    queue('a');
    long();
    await delivery._send();
    expect(bodies).toEqual([expect.any(String), expect.any(Blob)]);
    const zipped = bodies[1] as Blob;
    expect(zipped.type).toBe('text/plain');
    expect([...new Uint8Array(await zipped.arrayBuffer())].slice(0, 2)).toEqual([0x1f, 0x8b]);
    expect(zipped.size).toBeLessThan(JSON.stringify(host.sent[1]?.report).length / 4);
    expect(host.sent[1]?.report.stages).toHaveLength(1);
  });

  it('is left off for good when a collector does not know it, and nothing is lost', async () => {
    host.answer = (_, init) => {
      bodies.push(init?.body);
      return typeof init?.body === 'string' ? accepted() : new Response('', { status: 400 });
    };
    long();
    long();
    await delivery._send();
    expect(bodies).toEqual([expect.any(Blob), expect.any(String), expect.any(String)]);
    expect([outbox._acknowledged, outbox._dropped]).toEqual([2, 0]);
  });

  it('is gzip beside a Response that knows no streams, as that of whatwg-fetch', async () => {
    class Polyfill extends Response {
      constructor(body?: BodyInit | null, init?: ResponseInit) {
        super(body instanceof ReadableStream ? String(body) : body, init);
      }
    }
    vi.stubGlobal('Response', Polyfill);
    host.answer = (_, init) => {
      bodies.push(init?.body);
      return accepted();
    };
    long();
    await delivery._send();
    vi.unstubAllGlobals();
    expect([...new Uint8Array(await (bodies[0] as Blob).arrayBuffer())].slice(0, 2)).toEqual([0x1f, 0x8b]);
    expect(host.sent[0]?.report.stages).toHaveLength(1);
  });

  it('is left off after a page’s own fetch failed over it twice, and nothing is lost', async () => {
    host.answer = (_, init) => {
      bodies.push(init?.body);
      JSON.parse(init?.body as string); // as a wrapper that logs does
      return accepted();
    };
    for (let i = 0; i < 3; i++) {
      long();
      void delivery._send();
      await host.advance(30_000);
    }
    expect(bodies.map((body) => typeof body)).toEqual(['object', 'string', 'object', 'string', 'string']);
    expect([outbox._acknowledged, outbox._dropped]).toEqual([3, 0]);
  });

  it.each([
    ['is missing', undefined],
    [
      'fails',
      class {
        constructor() {
          throw new TypeError('no such format');
        }
      },
    ],
    [
      'hangs',
      class {
        readable = new ReadableStream();
        writable = new WritableStream();
      },
    ],
  ])('does not keep a report back when it %s', async (_, stand_in) => {
    vi.stubGlobal('CompressionStream', stand_in);
    long();
    void delivery._send();
    await host.advance(2_000);
    vi.unstubAllGlobals();
    expect(bodies).toEqual([expect.any(String)]);
    expect(outbox._acknowledged).toBe(1);
  });
});

describe('delivery on exit', () => {
  it('hands over at once what no answer came for, the report in flight under its own batch_id', async () => {
    let batch: unknown;
    host.answer = (_, init) => {
      batch = JSON.parse(String(init?.body)).batch_id;
      return new Promise(() => undefined);
    };
    queue('a');
    void delivery._send();
    await settle();
    queue('b');
    outbox._send();
    expect(host.sent.map(({ by }) => by)).toEqual(['beacon', 'beacon']);
    expect(models()).toEqual(['b', 'a']);
    expect(host.sent[1]?.report.batch_id).toBe(batch);
    expect(outbox._queue.length).toBe(0);
  });

  it('never has more than 16 KiB in beacons in flight', async () => {
    for (let i = 0; i < 10; i++) {
      outbox._add('stages', stage(4_000));
      outbox._pack();
    }
    outbox._send();
    outbox._send();
    const bytes = host.sent.reduce((sum, { report }) => sum + JSON.stringify(report).length, 0);
    expect(bytes).toBeLessThanOrEqual(MOST_BYTES);
    expect(outbox._queue.length + host.sent.length).toBe(10);
    await host.advance(11_000);
    outbox._send();
    expect(host.sent.length).toBeGreaterThan(4);
  });

  it('hands a full outbox over in pieces, losing and doubling nothing', () => {
    for (let i = 0; i < 40; i++) outbox._add('incidents', incident(`model-${i}`));
    outbox._drop('expired', 2);
    outbox._pack();
    host.takesBeacon = (body) => body.length < 1_500;
    outbox._send();
    const sent = host.sent.flatMap(({ report }) => report.incidents ?? []).map(({ model }) => model);
    expect(new Set(sent).size).toBe(40);
    expect(sent).toHaveLength(40);
    expect(new Set(host.sent.map(({ report }) => report.batch_id)).size).toBe(host.sent.length);
    expect(host.sent.filter(({ report }) => report.dropped)).toHaveLength(1);
  });

  it('keeps what the browser does not take, and everything while offline', () => {
    queue('a');
    host.takesBeacon = () => false;
    outbox._send();
    host.isOnline = false;
    host.takesBeacon = () => true;
    outbox._send();
    expect([host.sent.length, outbox._queue.length]).toEqual([0, 1]);
  });
});

describe('packing', () => {
  it('makes as many reports as the limits on items and bytes ask for', () => {
    for (let i = 0; i < 300; i++) outbox._add('incidents', incident(`model-${i}`));
    outbox._pack();
    const reports = outbox._queue.map(({ report }) => report);
    expect(reports.reduce((sum, report) => sum + (report.incidents?.length ?? 0), 0)).toBe(300);
    for (const report of reports) {
      expect(report.incidents?.length).toBeLessThanOrEqual(64);
      expect(JSON.stringify(report).length).toBeLessThanOrEqual(MOST_BYTES);
    }
    expect(reports.map(({ seq }) => seq)).toEqual(reports.map((_, i) => i));
  });

  it('sends a large item by itself, so that a refusal of it costs no other', () => {
    outbox._add('stages', stage(40_000));
    outbox._add('incidents', incident('a'));
    outbox._pack();
    expect(outbox._queue.map(({ report }) => [report.stages?.length, report.incidents?.length])).toEqual([
      [1, undefined],
      [undefined, 1],
    ]);
    expect(outbox._dropped).toBe(0);
  });

  it('makes repeats of an incident one with a count, those from before the lazily loaded part included', () => {
    for (let i = 0; i < 2; i++) outbox._add('incidents', incident('a'));
    countRepeats(outbox);
    expect(outbox._items).toHaveLength(1);
    for (let i = 0; i < 5; i++) outbox._add('incidents', incident('a'));
    outbox._pack();
    expect(outbox._queue[0]?.report.incidents).toEqual([{ ...incident('a'), count: 7 }]);
    outbox._pack();
    expect(outbox._queue).toHaveLength(1);
  });
});
