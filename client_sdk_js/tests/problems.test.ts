/** What keeps a monitor from its work is told: in development on the console, in production by `snapshot()`. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { any } from '../src/any.js';
import { refusal } from '../src/later/refusal.js';
import type { TensorFlow } from '../src/tfjs/types.js';
import { tfjs } from '../src/tfjs.js';
import { fakeModel } from './fake_adapter.js';
import { accepted } from './fake_host.js';
import { adapter, host, monitor, serve, start, useFakeHost } from './monitor_on_fake_host.js';

useFakeHost();
const warn = vi.spyOn(console, 'warn');
beforeEach(() => void warn.mockReset());
afterEach(() => {
  monitor.close();
  warn.mockReset();
});

it.each([true, false])('a watched model that saw no call, in development %s', async (dev) => {
  start({ dev });
  const { model } = monitor.wrap('face', fakeModel(''), { adapter });
  await host.advance(100_000);
  expect(monitor.snapshot().problems).toEqual([
    expect.stringMatching(/^model "face" .* saw no call for 30 s/),
  ]);
  expect(warn.mock.calls.flat().filter((line) => /saw no call/.test(line))).toHaveLength(dev ? 1 : 0);
  model.predict(1);
  expect(monitor.snapshot().problems).toEqual([]);
});

it.each([
  ['localhost', true],
  ['shop.localhost', true],
  ['127.0.0.1', true],
  ['127.8.1.2', true],
  ['[::1]', true],
  ['localhost.shop.example', false],
  ['127.shop.example', false],
  ['[::12]', false],
  ['shop.example', false],
])('a page of %s is in development by default: %s', async (hostname, dev) => {
  vi.stubGlobal('location', { hostname });
  start();
  vi.unstubAllGlobals();
  monitor.wrap('face', fakeModel(''), { adapter });
  await host.advance(100_000);
  expect(warn.mock.calls.flat().filter((line) => /saw no call/.test(line))).toHaveLength(dev ? 1 : 0);
});

it.each([true, false])('reports of which none arrived, in development %s', async (dev) => {
  host.answer = () => Response.error();
  start({ dev });
  monitor.wrap('face', fakeModel(''), { adapter }).model.predict(1);
  await host.advance(300_000);
  expect(monitor.snapshot().problems).toEqual([
    expect.stringMatching(/^nothing was sent: .* https:\/\/c\.example\/v1\/report:/),
  ]);
  expect(warn.mock.calls.flat().filter((line) => /nothing was sent/.test(line))).toHaveLength(dev ? 1 : 0);
});

it.each<[string, string | undefined]>([
  ['collector.shop.example', 'endpoint "collector.shop.example" lacks its https:// or http://'],
  ['localhost:8080', 'endpoint "localhost:8080" lacks its https:// or http://'],
  ['https://c.example/?key=1', 'endpoint "https://c.example/?key=1" has a query: pass what comes before /v1'],
  ...[
    '',
    '/',
    '/telemetry',
    './telemetry',
    '//c.example',
    'https://c.example:8443/v1',
    'capacitor://localhost',
  ].map((fine): [string, undefined] => [fine, undefined]),
])('an endpoint "%s": %s', (endpoint, wrong) => {
  expect(refusal({ app: 'shop', endpoint })).toBe(wrong);
});

/** Lines about problems, apart from what the browser and other parts say. */
const said = () =>
  warn.mock.calls.map(([line]) => String(line)).filter((line) => line.startsWith('inferfleet'));
const json = (status: number, body: unknown) => () => Response.json(body, { status });
const html = () => new Response('<!doctype html><title>Sign in</title>', { status: 200 });
const led = (response: Response) =>
  Object.defineProperties(response, {
    redirected: { value: true },
    url: { value: 'https://login.example/in?next=c' },
  });

/** One line on the console of a developer, and the same in a snapshot of any page. */
async function expectTold(line: RegExp, options: Parameters<typeof start>[0] = {}, use = predict) {
  for (const dev of [true, false]) {
    warn.mockReset();
    host.sent.length = 0;
    start({ dev, ...options });
    await use();
    await host.advance(200_000);
    expect(monitor.snapshot().problems, `dev ${dev}`).toEqual([expect.stringMatching(line)]);
    if (dev) expect(said(), 'on the console').toHaveLength(1);
    monitor.close();
  }
}
async function predict() {
  monitor.wrap('face', fakeModel(''), { adapter }).model.predict(1);
}

describe('an endpoint', () => {
  const UNKNOWN = { code: 'unknown_key', detail: 'Pass the key.' };
  it.each([
    ['that refuses the key', /^reports are refused: 401 unknown_key. Pass the key.$/, json(401, UNKNOWN)],
    [
      'without a collector behind it',
      /^reports are refused: https:\/\/c.example\/v1\/report answered 404: .* ends before \/v1$/,
      () => new Response('not here', { status: 404 }),
    ],
    ['whose proxy takes small bodies only', /answered 413: a proxy/, () => new Response('', { status: 413 })],
    [
      'that leads elsewhere, where the body does not follow',
      /report, which leads to https:\/\/login.example\/in, answered 405: name that address/,
      () => led(new Response('', { status: 405 })),
    ],
    [
      'that leads from http to https, to the collector itself',
      /^reports are refused: 405 method_not_allowed. x \(.* which leads to https:.* name that address as the endpoint/,
      () => led(json(405, { code: 'method_not_allowed', detail: 'x' })()),
    ],
    [
      'that ends after /v1, at a collector',
      /^reports are refused: 404 not_found. Nothing. \(https:.* answered: see that the endpoint .* ends before \/v1\)$/,
      json(404, { code: 'not_found', detail: 'Nothing.' }),
    ],
    ['that answers with a page for people', /answered 200, and not as a collector does/, html],
    [
      'that leads to a login',
      /which leads to https:\/\/login.example\/in, answered 200, and not/,
      () => led(html()),
    ],
    [
      'that takes a report and lets its parts go',
      /^the collector let parts of a report go \(too_old 2\): .* clock/,
      json(202, { accepted: 0, duplicate: 0, rejected: { too_old: 2 } }),
    ],
    [
      'that is down',
      /^nothing was sent: .* the last answer was 503/,
      () => new Response('', { status: 503 }),
    ],
  ])('%s', async (_, line, answer) => {
    host.answer = answer;
    await expectTold(line);
  });

  it('is no collector when it answers with a page: the reports wait for one', async () => {
    host.answer = html;
    start();
    await predict();
    await monitor.flush();
    expect(monitor.snapshot().reports).toMatchObject({ acknowledged: 0, queued: 1, dropped: 0 });
    host.answer = accepted;
    await host.advance(10_000);
    expect(monitor.snapshot()).toMatchObject({ reports: { acknowledged: 1, queued: 0 }, problems: [] });
  });

  it('may keep the body of a good answer', async () => {
    host.answer = () => new Response(null, { status: 202 });
    start();
    await predict();
    await monitor.flush();
    expect(monitor.snapshot()).toMatchObject({ reports: { acknowledged: 1, queued: 0 }, problems: [] });
  });

  it('that goes away in mid-life', async () => {
    start();
    await predict();
    await monitor.flush();
    host.answer = () => Promise.reject(new TypeError());
    await predict();
    await host.advance(200_000);
    expect(monitor.snapshot().problems).toContainEqual(expect.stringMatching(/^nothing is sent any more: /));
  });

  it('that a page without a server names by its path', async () => {
    host.answer = () => Promise.reject(new TypeError());
    await expectTold(/^nothing was sent: .*: this page has no server of its own/, { endpoint: '' });
  });

  it('of a browser that is offline', async () => {
    host.isOnline = false;
    host.answer = () => Promise.reject(new TypeError());
    await expectTold(/^nothing was sent: .* offline$/);
  });
});

describe('a monitor that measures nothing', () => {
  it.each([
    ['for its options', /^nothing is measured: release may hold/, { release: 'a b' }],
    ['out of the sample', /^nothing is measured: this session is not in the sample/, { sampleRate: 0 }],
  ])('%s', async (_, line, options) => {
    await expectTold(line, options);
  });

  it('by the kill switch', async () => {
    host.idle = (fn) => void fn();
    serve({ enabled: false });
    await expectTold(/^nothing is measured: .* kill switch is on$/, { remoteConfig: true });
  });

  it('for want of consent', async () => {
    start();
    await predict();
    await host.advance(1);
    monitor.consent(false);
    expect(monitor.snapshot().problems).toEqual([expect.stringMatching(/: consent is not given/)]);
  });
});

describe('a model', () => {
  it.each([
    [
      'that is frozen',
      /^a model is not watched, .* \(TypeError\): pass an adapter, and a model that is an object and is not frozen/,
      () => monitor.wrap('face', Object.freeze({ run: () => 1 }), { adapter: any() }),
    ],
    [
      'without an adapter',
      /^a model is not watched, .*: pass an adapter, and a model/,
      () => monitor.wrap('face', {}, {} as never),
    ],
    [
      'that is none',
      /^a model is not watched, .*: pass an adapter, and a model/,
      () => monitor.wrap('face', undefined as never, { adapter: any() }),
    ],
    [
      'with a name that reports cannot have',
      /^a model is not watched: its name or variant may hold/,
      () => monitor.wrap('my model', fakeModel(''), { adapter }),
    ],
    [
      'that is a function',
      /^model "face" .* it is a function, so watch it by anyFunction\(\)/,
      () => monitor.wrap('face', () => 1, { adapter: any() }),
    ],
    [
      'of another TensorFlow.js than the adapter’s',
      /^model "face" predicts, and the tf that tfjs\(tf\) was given has started no backend/,
      () => {
        const idle = {
          engine: () => ({ backendName: '', backendInstance: null, registry: {}, state: {} }),
          env: () => ({ features: {} }),
        } as unknown as TensorFlow;
        monitor.wrap('face', { predict: () => 1 }, { adapter: tfjs(idle) }).model.predict();
      },
    ],
  ])('%s', async (_, line, use) => {
    await expectTold(line, {}, async () => void use());
  });
});

describe('models that nobody lets go of', () => {
  const names = (count: number, nameOf: (i: number) => string) => async () => {
    for (let i = 0; i < count; i++) monitor.wrap(nameOf(i), fakeModel(''), { adapter }).model.predict(1);
  };
  it.each([
    [
      'of one name',
      16,
      () => 'face',
      /^16 models named "face" are watched at once: load it once, or call dispose/,
    ],
    [
      'of ever new names',
      64,
      (i: number) => `face-${i}`,
      /^64 models are watched at once, "face-0" the first/,
    ],
  ])('%s', async (_, count, nameOf, line) => {
    await expectTold(line, {}, names(count, nameOf));
    start();
    await names(count - 1, nameOf)();
    await host.advance(200_000);
    expect(monitor.snapshot().problems).toEqual([]);
  });

  it('with ever new monitors, as hot reloads make them', async () => {
    const made = [];
    for (let i = 0; i < 4; i++) {
      if (i === 3) expect(monitor.snapshot().problems).toEqual([]);
      made.push(start());
      await predict();
      await host.advance(10);
    }
    expect(monitor.snapshot().problems).toEqual([
      expect.stringMatching(/^4 monitors of app "lab" are alive in this page/),
    ]);
    for (const each of made.slice(0, 3)) each.close();
    expect(monitor.snapshot().problems).toEqual([]);
  });
});

it('says nothing of a monitor that was closed', async () => {
  start({ dev: true });
  await predict();
  await host.advance(1_000);
  monitor.close();
  await host.advance(200_000);
  expect(monitor.snapshot().problems).toEqual([]);
  expect(said()).toEqual([]);
});
