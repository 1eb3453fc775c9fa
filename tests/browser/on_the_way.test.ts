/** What stands between a page and its collector: redirects, and service workers that answer for others. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeEach, describe, expect, it } from 'vitest';
import { itemsOf, until } from './reports.js';
import { openLab } from './visit.js';
import { context, useWorldAndBrowser, world } from './world_and_browser.js';

useWorldAndBrowser();
beforeEach(() => world.files.clear());

/** Predicts three times, says so to `endpoint`, and goes: what the page knows of it. */
async function report(endpoint: string) {
  const { page, errors } = await openLab(context, world, 'plain');
  const lines: string[] = [];
  page.on('console', (message) => message.text().startsWith('inferfleet') && lines.push(message.text()));
  const reports = await page.evaluate(async (endpoint) => {
    const { tf, tfjs, monitor } = window.lab;
    await tf.setBackend('cpu');
    const watching = monitor({ remoteConfig: false, endpoint, dev: false });
    const model = { predict: (x: import('@tensorflow/tfjs').Tensor) => tf.add(x, 1) };
    watching.wrap('affine', model, { adapter: tfjs(tf) });
    for (let i = 0; i < 3; i++) model.predict(tf.tensor1d([i])).dispose();
    await watching.flush();
    return watching.snapshot().reports;
  }, endpoint);
  return { page, errors, lines, reports };
}

const counts = () => itemsOf(world, 'windows').map(({ count }) => count);

describe('a report', () => {
  it.each([301, 302, 307, 308])('arrives once by an endpoint that redirects with %i', async (status) => {
    const moved = createServer((request, response) => {
      response.writeHead(status, {
        location: `${world.origin}${request.url}`,
        'access-control-allow-origin': '*',
      });
      response.end();
    }).listen(0, '127.0.0.1');
    await once(moved, 'listening');
    const endpoint = `http://127.0.0.1:${(moved.address() as AddressInfo).port}`;
    const { reports, lines, errors } = await report(endpoint);
    await new Promise((resolve) => moved.close(resolve));
    expect(reports).toEqual({ acknowledged: 1, queued: 0, dropped: 0 });
    expect(counts()).toEqual([3]);
    const told = `inferfleet: "${endpoint}" redirects to "${world.origin}": pass that as the endpoint`;
    expect(lines).toEqual(status < 307 ? [told] : []); // a 307 or 308 leaves a POST what it is
    expect(errors).toEqual([]);
  });

  it('waits while a service worker answers for the collector, and arrives when it does not any more', {
    timeout: 60_000,
  }, async () => {
    // As many are written: what the network does not give is the offline page, whatever was asked for.
    world.files.set(
      '/sw.js',
      `let offline = true;
       onactivate = (event) => event.waitUntil(clients.claim());
       onmessage = () => { offline = false; };
       onfetch = (event) => event.respondWith((offline && event.request.method === 'POST' ? Promise.reject() : fetch(event.request))
         .catch(() => new Response('<!doctype html>You are offline', { headers: { 'content-type': 'text/html' } })));`,
    );
    const { page } = await openLab(context, world, 'plain');
    await page.evaluate(async () => {
      const claimed = new Promise((resolve) =>
        navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }),
      );
      await navigator.serviceWorker.register('/sw.js');
      await claimed;
    });
    const visit = await report('');
    expect(visit.reports).toEqual({ acknowledged: 0, queued: 1, dropped: 0 });
    expect(counts()).toEqual([]);
    await visit.page.evaluate(() => navigator.serviceWorker.controller?.postMessage('online'));
    await until('the report', () => counts().length === 1);
    expect(counts()).toEqual([3]);
    expect(visit.errors).toEqual([]);
  });
});
