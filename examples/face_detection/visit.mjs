// Visits pages with a real headless Chromium. Reads a plan from standard input, writes one JSON line per visit.
//
// In:  {"chromium": "/usr/bin/chromium", "received": reports that the collector has had before,
//       "bytes_per_second": of each visitor's line, "rounds": [[{"name", "visitor", "url", "timeout_ms"}]],
//       "profiles": {visitor: what an earlier run said of it}}
// Out: {"name", "result": window.demoResult | {"error"}, "reports": [{"batch_id", "items", "type", "status"}]},
//      and of each visitor last {"visitor", "profile": what its browser keeps, without its cache}
//
// The visits of a round are made at the same time, rounds one after the other. Visits of one visitor share a browser
// profile, as those of a person who comes back do. Every report that a page hands over is noted on the browser's side,
// so that what the collector stored can be compared with it: requests from the browser's network events, beacons in the
// page, since the network events of a page end when it does.
import { chromium } from 'playwright-core';

const FLAGS = [
  '--no-sandbox --disable-quic --no-first-run --disable-background-networking --disable-component-update',
  // WebGL and WebGPU without a graphics card: SwiftShader computes them on the processor.
  '--disable-sync --use-gl=angle --use-angle=swiftshader --enable-unsafe-swiftshader --enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader --enable-features=Vulkan',
];
const REPORT = '/v1/report';
/**
 * Going there is how a visit ends. It does nothing, and is isolated as the page is, so that both are in one process: that
 * of a page which is left for another process may hand over its last report after the next page has begun.
 */
const AWAY = '/demo/icon.svg';
const ANSWER_MS = 10_000;
const LOOK_MS = 10_000;
const BEACONS = 'demo:beacons';
const ITEMS = ['windows', 'loads', 'incidents', 'exposures', 'stages'];

async function readInput() {
  let text = '';
  for await (const chunk of process.stdin) text += chunk;
  return JSON.parse(text);
}

const describe = (body, type, status) => {
  const report = JSON.parse(body);
  const items = ITEMS.reduce((sum, list) => sum + (report[list]?.length ?? 0), 0);
  return { batch_id: report.batch_id, items, type, status };
};

/** Runs in the page before its own scripts: notes the beacons that the browser takes, where the next page finds them. */
function noteBeacons(key) {
  const send = navigator.sendBeacon.bind(navigator);
  navigator.sendBeacon = (url, body) => {
    const taken = send(url, body);
    if (taken)
      localStorage.setItem(key, JSON.stringify([...JSON.parse(localStorage.getItem(key) ?? '[]'), body]));
    return taken;
  };
}

/** Waits until the collector has received as many reports as were sent; who is missing then, is missing. */
async function awaitReports(origin, expected) {
  for (const end = Date.now() + ANSWER_MS; Date.now() < end; ) {
    const metrics = await (await fetch(`${origin}/metrics`)).text();
    if (Number(/^inferfleet_reports_received_total (\S+)/m.exec(metrics)?.[1]) >= expected) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Listens to every report that a visit sends by itself. `end` stops listening. */
function watchReports(context) {
  const reports = new Map();
  const settle = (request, status) => {
    const report = reports.get(request);
    if (report) report.status = status;
  };
  const listeners = {
    request(request) {
      if (request.method() !== 'POST' || new URL(request.url()).pathname !== REPORT) return;
      const body = request.postData();
      if (body !== null) reports.set(request, describe(body, 'fetch', null));
      // A long report is zipped, a Blob, and the events have no body of one: it counts, without an id.
      else if (request.resourceType() === 'fetch')
        reports.set(request, { batch_id: null, items: 0, type: 'fetch', status: null });
    },
    response: (response) => settle(response.request(), response.status()),
    requestfailed: (request) => settle(request, 0),
  };
  for (const [event, listener] of Object.entries(listeners)) context.on(event, listener);
  return {
    seen: () => [...reports.values()],
    end: () => {
      for (const [event, listener] of Object.entries(listeners)) context.off(event, listener);
    },
  };
}

/**
 * A visitor stays until the SDK has looked at the GPU, once in the life of a profile. A visit that ends before is of no
 * class, and two busy pages on two cores, which compute WebGL themselves, may take longer than a visit to get there.
 */
async function knowsItsDevice(page) {
  const looked = () => localStorage.getItem('inferfleet:gpu_looked_at') !== null;
  await page.waitForFunction(looked, undefined, { timeout: LOOK_MS }).catch((error) => {
    if (error.name !== 'TimeoutError') throw error;
    console.error(
      `the SDK has not looked at the GPU within ${LOOK_MS / 1_000} s: this visit may be of no class`,
    );
  });
}

/** As over a line of that speed; what is sent and how long an answer takes to begin stay as they are. */
async function slowDown(context, page, bytesPerSecond) {
  const session = await context.newCDPSession(page);
  const line = { offline: false, latency: 0, downloadThroughput: bytesPerSecond, uploadThroughput: -1 };
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', line);
}

async function visit(context, { url, timeout_ms }) {
  const reports = watchReports(context);
  const page = await context.newPage();
  await slowDown(context, page, bytesPerSecond);
  await page.addInitScript(noteBeacons, BEACONS);
  const faults = [];
  page.on('pageerror', (error) => faults.push(error.message));
  let result;
  try {
    await page.goto(url);
    await page.waitForFunction(() => window.demoResult !== undefined, undefined, { timeout: timeout_ms });
    result = await page.evaluate(() => window.demoResult);
    await knowsItsDevice(page);
  } catch (error) {
    result = { error: [error.message.split('\n')[0], ...faults].join('; ') };
  }
  // The page hides, and the SDK hands its last report to the browser.
  await page.goto(new URL(AWAY, url).href);
  const beacons = await page.evaluate((key) => {
    const taken = JSON.parse(localStorage.getItem(key) ?? '[]');
    localStorage.removeItem(key);
    return taken;
  }, BEACONS);
  return { page, reports, result, beacons: beacons.map((body) => describe(body, 'beacon', null)) };
}

/** All that a visit sent. A beacon may be among the network events as well. */
function sentBy({ reports, beacons }) {
  const requested = reports.seen();
  const known = new Set(requested.map(({ batch_id }) => batch_id));
  return [...requested, ...beacons.filter(({ batch_id }) => !known.has(batch_id))];
}

/** A visitor's browser has long drawn other pages; in one that has just started, WebGL takes seconds to come up. */
async function warmUp(browser) {
  const page = await browser.newPage();
  await page.evaluate(() =>
    new OffscreenCanvas(1, 1).getContext('webgl2')?.getParameter(WebGL2RenderingContext.RENDERER),
  );
  await page.close();
}

const plan = await readInput();
const { chromium: executablePath, received, rounds, profiles, bytes_per_second: bytesPerSecond } = plan;
const browser = await chromium.launch({ executablePath, headless: true, args: FLAGS.join(' ').split(' ') });
try {
  await warmUp(browser);
  const contexts = new Map();
  let sent = received;
  for (const [index, round] of rounds.entries()) {
    const made = await Promise.all(
      round.map(async (planned) => {
        const context =
          contexts.get(planned.visitor) ??
          (await browser.newContext({ storageState: profiles[planned.visitor] }));
        contexts.set(planned.visitor, context);
        return { planned, context, ...(await visit(context, planned)) };
      }),
    );
    sent += made.reduce((sum, one) => sum + sentBy(one).length, 0);
    await awaitReports(new URL(round[0].url).origin, sent);
    for (const one of made) {
      const { planned, context, page, reports, result } = one;
      reports.end();
      await page.close();
      console.log(JSON.stringify({ name: planned.name, result, reports: sentBy(one) }));
      const comesBack = rounds
        .slice(index + 1)
        .some((later) => later.some((v) => v.visitor === planned.visitor));
      if (comesBack) continue;
      console.log(JSON.stringify({ visitor: planned.visitor, profile: await context.storageState() }));
      await context.close();
    }
  }
} finally {
  await browser.close();
}
