// Runs the page lives of one engine, one number of predictions and one way to end.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const AT_ONCE = { navigate: 10, close: 10, crash: 34 };
const SHORT_MS = 1_000; // a life that ends by itself: the shorter, the harder
const LONG_MS = 30_000; // a life that crashes: under way for half of that at least, so that there is something to keep
const NEXT_LIFE_MS = 40_000; // at most
const ADOPTED_AFTER_MS = 10_000;
const STILL_MS = 4_000;
const SETTLE_MS = 10_000;
const TRIES = 3;
const ANSWERS_MS = 60_000; // a browser, whatever it is asked
const MOST_BROWSERS = 6; // for one hundred lives: a browser that dies under load is followed by another

const running = new Set();

/** Ends all browsers that this program started. */
export const shutdownAll = () => Promise.allSettled([...running].map((browser) => browser.shutdown()));

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until `seen` holds or `ms` are over; says which. */
async function within(ms, seen) {
  for (const end = performance.now() + ms; performance.now() < end; await sleep(20)) if (seen()) return true;
  return seen();
}

/** What a browser was asked for; a browser that says nothing to it is none to wait for. */
async function answered(what, asked, ms = ANSWERS_MS) {
  let timer;
  const silent = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it did not ${what} within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([asked, silent]);
  } finally {
    clearTimeout(timer);
  }
}

/** After a crash a browser may lose a page that it was asked for; the next life may begin a little later. */
async function openAgain(browser, url) {
  for (let tries = 1; ; tries++) {
    try {
      return await answered('open the next page', browser.open(url), ANSWERS_MS / TRIES);
    } catch (error) {
      if (tries === TRIES) throw error;
    }
  }
}

/** Another address of this machine, so another origin and another renderer. */
const origin = (slot, port) => `http://127.1.${slot >> 7}.${(slot & 127) + 1}:${port}`;

/**
 * Resolves to the browser's version and what the collector knows of each life. A life that did not come to its end (a
 * browser that did not open it, or died) is no life: it is lived again, under another name; after three tries this
 * throws.
 */
export async function live(launch, server, { engine, end, predictions, count }) {
  const name = `${engine}-${end}-${predictions}`;
  const done = [];
  let version = '';
  let started = 0;
  for (let browsers = 1; done.length < count; browsers++) {
    const profile = mkdtempSync(join(tmpdir(), 'inferfleet-delivery-'));
    const browser = await launch(profile);
    running.add(browser);
    version = browser.version;
    try {
      while (done.length < count) {
        const wanted = Math.min(AT_ONCE[end], count - done.length);
        if (started + wanted > count * TRIES)
          throw new Error(`${name} did not come to its end, again and again`);
        const ids = Array.from({ length: wanted }, () => `${name}-${started++}`);
        const batch = ids.map((id, i) => ({ id, life: server.lifeOf(id), at: origin(i + 1, server.port) }));
        await (end === 'crash' ? crashAll : endAll)(browser, batch, predictions, end);
        done.push(...batch.filter(({ life }) => life.made === predictions).map(({ life }) => life));
      }
    } catch (error) {
      if (browsers >= MOST_BROWSERS) throw error;
      console.error(`bench-delivery: ${name}: another browser, since: ${error.message}`);
    } finally {
      running.delete(browser);
      await within(SETTLE_MS, () => done.every((life) => life.received >= life.made));
      await answered('shut down', browser.shutdown()).catch((error) =>
        console.error(`bench-delivery: ${name}: ${error.message}`),
      );
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    }
  }
  return { version, lives: done };
}

/** Lives that end by navigation, from within the page, or by being closed. */
async function endAll(browser, batch, predictions, end) {
  await Promise.all(
    batch.map(async ({ id, life, at }) => {
      const url = `${at}/life?id=${id}&n=${predictions}&ms=${SHORT_MS}&end=${end}`;
      const page = await answered('open a page', browser.open(url));
      await within(30_000, () => life.made !== undefined);
      // At once. After a navigation it is the page it led to that is closed.
      await answered('close a page', browser.close(page));
    }),
  );
}

/** Lives that all predict up to one moment, crash, and are followed by another life of the same profile. */
async function crashAll(browser, batch, predictions) {
  const until = Date.now() + LONG_MS;
  const pages = [];
  for (const { id, at } of batch) {
    const url = `${at}/life?id=${id}&n=${predictions}&until=${until}&end=crash`;
    pages.push(await answered('open a page', browser.open(url)));
    // Spread over half of the time, so that they crash at different ages.
    await sleep(Math.max(0, (until - LONG_MS / 2 - Date.now()) / (batch.length - pages.length + 1)));
  }
  await within(LONG_MS + 20_000, () => batch.every(({ life }) => life.made !== undefined));
  await answered('crash', browser.crash(pages));
  const next = await Promise.all(
    batch.map(({ id, at }) => {
      const url = `${at}/life?id=next-${id}&n=0&end=later&stay=${NEXT_LIFE_MS}`;
      return openAgain(browser, url);
    }),
  );
  // What was lost for good would be waited for in vain, so that it ends when nothing has come for a while.
  const received = () => batch.reduce((sum, { life }) => sum + life.received, 0);
  const whole = () => batch.every(({ life }) => life.received >= life.made);
  await within(ADOPTED_AFTER_MS, whole);
  for (let seen = -1, until = Date.now() + NEXT_LIFE_MS; seen !== received() && Date.now() < until; ) {
    seen = received();
    await within(STILL_MS, whole);
  }
  await Promise.all(next.map((page) => answered('close a page', browser.close(page))));
}
