/** What keeps a monitor from its work is told: in development on the console, in production by `snapshot()`. */

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { refusal } from '../src/later/refusal.js';
import { fakeModel } from './fake_adapter.js';
import { adapter, host, monitor, start, useFakeHost } from './monitor_on_fake_host.js';

useFakeHost();
const warn = vi.spyOn(console, 'warn');
beforeEach(() => void warn.mockReset());
afterEach(() => warn.mockReset());

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
