/** The package as published, its lazy parts files of their own: fetched under a strict CSP, late, or not at all. */

import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { itemsOf, reportsOf, until } from './reports.js';
import { openLab } from './visit.js';
import { context, useWorldAndBrowser, world } from './world_and_browser.js';

useWorldAndBrowser();

const LATER = /\/modular\/later-/;
const LAZY = /\/modular\/(later|backends|kernel_time|signature)-/;

/** Loads a model and calls it three times. */
const use = (page: Page) =>
  page.evaluate(async () => {
    const { tf, monitor, affine, adapter } = window.modular;
    await tf.setBackend('cpu');
    const face = await monitor.load('affine', { adapter, url: '/m.json', load: async () => affine() });
    for (let i = 0; i < 3; i++) tf.dispose(face.model.predict(tf.tensor1d([i])));
    return { backend: face.backend, variant: face.variant, source: face.source };
  });

it('is complete in separate files, with nothing that a strict CSP forbids', async () => {
  const fetched: string[] = [];
  context.on('request', (request) => fetched.push(new URL(request.url()).pathname));
  const { page, errors } = await openLab(context, world, 'modular');
  const violations = await page.evaluateHandle(() => {
    const seen: string[] = [];
    document.addEventListener('securitypolicyviolation', (event) => seen.push(event.violatedDirective));
    return seen;
  });
  // An unused monitor costs nothing.
  expect(fetched.filter((path) => LAZY.test(path))).toEqual([]);
  expect(await use(page)).toEqual({ backend: 'cpu', variant: 'original', source: 'default' });
  await page.evaluate(() => window.modular.monitor.flush());
  expect(fetched.filter((path) => LATER.test(path))).toHaveLength(1);
  expect(reportsOf(world)[0]?.device).toMatchObject({ os: 'linux', browser: 'chromium', form: 'desktop' });
  expect(itemsOf(world, 'windows')).toMatchObject([{ model: 'affine', backend: 'cpu', count: 3 }]);
  expect(itemsOf(world, 'loads')).toMatchObject([{ model: 'affine', backend: 'cpu' }]);
  expect(itemsOf(world, 'incidents')).toEqual([]);
  expect(await violations.jsonValue()).toEqual([]);
  expect(errors).toEqual([]);
});

it('keeps its public names, whatever the build shortens', async () => {
  const { page } = await openLab(context, world, 'modular');
  await use(page);
  const seen = await page.evaluate(async () => {
    const { tf, monitor, affine, adapter } = window.modular;
    const heard: string[] = [];
    for (const event of ['window', 'exposure', 'report', 'stage'] as const)
      monitor.on(event, () => heard.push(event));
    const handle = monitor.wrap('other', affine(), { adapter });
    tf.dispose(handle.model.predict(tf.tensor1d([1])));
    monitor.stage('pre', { model: 'other' })();
    await monitor.flush();
    const { models, ...rest } = monitor.snapshot();
    handle.unwrap();
    monitor.close();
    return {
      heard: [...new Set(heard)],
      rest,
      model: models.at(-1),
      // What is between the SDK's own files has shortened names, of one or two letters. `on` is public.
      names: [handle, adapter, monitor].map((each) =>
        Object.keys(each)
          .filter((name) => name.length > 2 || name === 'on')
          .sort()
          .join(),
      ),
    };
  });
  expect(seen.heard.sort()).toEqual(['exposure', 'report', 'stage', 'window']);
  expect(seen.rest).toEqual({
    enabled: true,
    session: expect.stringMatching(/^\w{22}$/),
    stages: [{ stage: 'pre', model: 'other', span_ms: expect.objectContaining({ count: 1 }) }],
    incidents: [],
    drops: {},
    problems: [],
    reports: { acknowledged: 1, queued: 0, dropped: 0 },
  });
  expect(seen.model).toMatchObject({ model: 'other', variant: 'original', count: 1, source: 'default' });
  expect(seen.model?.ready_ms.p50).toBeGreaterThan(0);
  expect(seen.model?.ready_ms.buckets).toMatchObject([{ count: 1 }]);
  expect(Object.keys(seen.model?.ready_ms.buckets[0] ?? {})).toEqual(['from_ms', 'to_ms', 'count']);
  expect(seen.names).toEqual([
    'backend,model,source,unwrap,variant',
    'backends,engine,executor,memory,observe',
    'close,consent,flush,load,on,race,snapshot,stage,wrap',
  ]);
  expect(itemsOf(world, 'stages')).toMatchObject([{ stage: 'pre', model: 'other', count: 1 }]);
});

it('loads, measures and reports without a file that does not load, and says so', async () => {
  await context.route(LATER, (route) => route.abort());
  const { page, errors } = await openLab(context, world, 'modular');
  expect(await use(page)).toMatchObject({ variant: 'original', source: 'default' });
  await page.evaluate(() => window.modular.monitor.flush());
  await until('the beacon', () => itemsOf(world, 'windows').length > 0);
  expect(world.reports[0]?.contentType).toMatch(/^text\/plain/);
  expect(itemsOf(world, 'windows')).toMatchObject([{ model: 'affine', count: 3 }]);
  expect(itemsOf(world, 'incidents')).toMatchObject([{ kind: 'sdk_error', error: 'TypeError' }]);
  expect(errors).toEqual([]);
});

/** A page of the same scripts, under a policy that names each of them but the lazy part. */
async function forbidLater(): Promise<string> {
  const application = await (await fetch(`${world.origin}/modular/application.js`)).text();
  const chunks = [...application.matchAll(/"\.\/(chunk-\w+\.js)"/g)].map(([, chunk]) => chunk);
  const allowed = ['application.js', ...chunks].map((name) => `${world.origin}/modular/${name}`).join(' ');
  world.files.set(
    '/forbids',
    `<!doctype html><title>lab</title><meta http-equiv="content-security-policy" content="script-src ${allowed}">
    <script type="module" src="/modular/application.js"></script>`,
  );
  return '/forbids';
}

it.each([
  ['an ad blocker', true],
  ['a wrong public path', true],
  ['a fallback page in its place', true],
  ['a policy', true],
  ['an ad blocker', false],
])('tells a developer once that %s keeps the lazy part away: development %s', async (why, dev) => {
  if (why === 'an ad blocker') await context.route(LATER, (route) => route.abort('blockedbyclient'));
  else if (why === 'a wrong public path')
    await context.route(LATER, (route) => route.fulfill({ status: 404 }));
  else if (why === 'a fallback page in its place')
    await context.route(LATER, (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }),
    );
  const page = await context.newPage();
  const lines: string[] = [];
  page.on('console', (line) => {
    if (line.text().startsWith('inferfleet')) lines.push(line.text());
  });
  await page.goto(world.origin + (why === 'a policy' ? await forbidLater() : '/modular'));
  const problems = await page.evaluate(async (dev) => {
    const { tf, createMonitor, affine, adapter } = window.modular;
    const monitor = createMonitor({ app: 'lab', endpoint: location.origin, ...(!dev && { dev }) });
    const before = monitor.snapshot().problems;
    const { model } = monitor.wrap('affine', affine(), { adapter });
    tf.dispose(model.predict(tf.tensor1d([1])));
    await monitor.flush();
    await monitor.flush();
    return { before, after: monitor.snapshot().problems };
  }, dev);
  const told = /^a file of the SDK did not load: serve and allow it$/;
  expect(problems).toEqual({ before: undefined, after: [expect.stringMatching(told)] });
  expect(lines).toEqual(
    dev ? [expect.stringMatching(/^inferfleet: a file of the SDK did not load: .* TypeError: .*later-/)] : [],
  );
  await until('the beacon', () => itemsOf(world, 'windows').length > 0);
});

it('waits no longer than three seconds for a file that hangs, and loses nothing when the page ends', async () => {
  await context.route(LATER, () => new Promise(() => undefined));
  const { page, errors } = await openLab(context, world, 'modular');
  const began = Date.now();
  await use(page);
  expect(Date.now() - began).toBeGreaterThan(2_900);
  await page.goto('about:blank');
  await until('the beacon', () => world.reports.length > 0);
  expect(itemsOf(world, 'windows')).toMatchObject([{ model: 'affine', backend: 'cpu', count: 3 }]);
  expect(errors).toEqual([]);
});

it('knows the device from an earlier visit before it has looked again', async () => {
  const first = await openLab(context, world, 'modular');
  await use(first.page);
  await first.page.waitForFunction(() => localStorage.getItem('inferfleet:device'));
  world.reports.length = 0;
  await context.route(LATER, () => new Promise(() => undefined));
  const second = await openLab(context, world, 'modular');
  await second.page.evaluate(() => {
    const { monitor, affine, adapter } = window.modular;
    monitor.wrap('affine', affine(), { adapter });
  });
  await second.page.goto('about:blank');
  await until('the beacon', () => world.reports.length > 0);
  expect(reportsOf(world).at(-1)?.device).toMatchObject({ os: 'linux', browser: 'chromium' });
});
