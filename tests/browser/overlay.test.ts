/** The developer's live view over a real page: under the strictest CSP, on a phone, against hostile styles. */

import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchChromium } from './chromium.js';
import { startWorld, type World } from './server.js';

let world: World;
let browser: Browser;
let context: BrowserContext;
let errors: string[];

beforeAll(async () => {
  [world, browser] = await Promise.all([startWorld(), launchChromium()]);
});
afterAll(async () => {
  await browser?.close();
  await world?.close();
});
beforeEach(async () => {
  context = await browser.newContext({ viewport: { width: 1000, height: 800 } });
  errors = [];
});
afterEach(async () => {
  await context.close();
  expect(errors).toEqual([]);
});

/** No style of any kind, no markup, scripts from here only. */
const STRICT =
  "default-src 'none'; script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'";
const TEXT = '<h1>Page</h1><p id="text">Text of the page.</p><button id="own">A button</button>';

/** A page with the published SDK, with a model on the cpu backend that the test calls by `predict(times)`. */
async function openPage(styles = '', policy = STRICT): Promise<Page> {
  const page = await context.newPage();
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (/violates|Content Security Policy|TrustedHTML/i.test(message.text())) errors.push(message.text());
  });
  const body = `<!doctype html><html lang="en"><title>lab</title><meta name="viewport" content="width=device-width">${styles && '<link rel="stylesheet" href="/page.css">'}
    <body>${TEXT}<script type="module" src="/modular/application.js"></script></body></html>`;
  await context.route(`${world.origin}/page.css`, (route) =>
    route.fulfill({ body: styles, contentType: 'text/css' }),
  );
  await context.route(`${world.origin}/strict`, (route) =>
    route.fulfill({ body, contentType: 'text/html', headers: { 'content-security-policy': policy } }),
  );
  await page.goto(`${world.origin}/strict`);
  await page.evaluate(async () => {
    const { tf, monitor, adapter } = window.modular;
    await tf.setBackend('cpu');
    const dense = () => tf.sequential({ layers: [tf.layers.dense({ units: 8, inputShape: [4] })] });
    const x = tf.ones([1, 4]);
    window.predictTimes = (times, name = 'face', leak = false) => {
      window.models ??= {};
      window.models[name] ??= monitor.wrap(name, dense(), { adapter }).model;
      for (let i = 0; i < times; i++) {
        const y = window.models[name]?.predict(x);
        if (!leak) tf.dispose(y ?? []);
      }
    };
    window.predictTimes(1);
  });
  return page;
}

const showOverlay = (page: Page, collapsed = false) =>
  page.evaluate(
    async (options) => {
      const { showOverlay } = await window.modular.overlay();
      window.remove = showOverlay(window.modular.monitor, options);
    },
    { collapsed },
  );

const panelOf = (page: Page) => page.locator('inferfleet-overlay .panel');
/** Where the panel is, in whole pixels. */
async function placeOf(page: Page) {
  const box = await panelOf(page).boundingBox();
  if (!box) throw new Error('the panel is not in sight');
  return {
    x: Math.round(box.x),
    y: Math.round(box.y),
    width: Math.round(box.width),
    height: Math.round(box.height),
  };
}

declare global {
  interface Window {
    predictTimes(times: number, name?: string, leak?: boolean): void;
    models?: Record<string, import('@tensorflow/tfjs').Sequential>;
    remove(): void;
    seen: number;
    shifts: number;
  }
}

describe('what it shows', () => {
  it('is live, under a CSP that allows no style and no markup at all', async () => {
    const page = await openPage();
    await showOverlay(page);
    const panel = panelOf(page);
    await panel.getByText('1 prediction', { exact: true }).waitFor();
    await page.evaluate(() => window.predictTimes(41));
    await panel.getByText('42 predictions', { exact: true }).waitFor();
    await panel.getByText('cpu', { exact: true }).waitFor();
    await panel.getByText('The page loaded the model by itself').waitFor();
    expect(await panel.locator('.latency td').allInnerTexts()).toEqual([
      '',
      ...Array.from({ length: 6 }, () => expect.stringMatching(/^[\d.]+ m?s$/)),
    ]);
    expect(await panel.locator('.bars').getAttribute('d')).toMatch(/^M.+Z$/);
    const styled = await panel.evaluate((node) => {
      const { position, borderRadius, backgroundColor } = getComputedStyle(node);
      return { position, borderRadius, backgroundColor };
    });
    expect(styled).toEqual({
      position: 'fixed',
      borderRadius: '14px',
      backgroundColor: 'rgb(255, 255, 255)',
    });
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await panel.evaluate((node) => getComputedStyle(node).backgroundColor)).toBe('rgb(22, 32, 30)');
  });

  it('says that a model leaks, and how much each prediction leaves', async () => {
    const page = await openPage();
    await page.evaluate(() => window.predictTimes(60));
    await showOverlay(page);
    await panelOf(page).locator('.memory .row').first().getByText('none').waitFor();
    await page.evaluate(() => window.predictTimes(2_000, 'face', true));
    await panelOf(page)
      .locator('.memory.leaking')
      .getByText(/^\+(0\.9\d|1\.0)$/)
      .waitFor();
  });

  it('has a tab for each of several models, and the stages of their pipeline', async () => {
    const page = await openPage();
    await page.evaluate(() => {
      const { monitor } = window.modular;
      for (let i = 0; i < 30; i++) {
        const frame = monitor.stage('frame');
        monitor.stage('pre', { model: 'face' })();
        window.predictTimes(1);
        window.predictTimes(2, 'mesh');
        frame();
      }
    });
    await showOverlay(page);
    const panel = panelOf(page);
    expect(await panel.getByRole('tab').allInnerTexts()).toEqual(['face', 'mesh']);
    await panel.getByText('31 predictions').waitFor();
    await panel.getByRole('tab', { name: 'mesh' }).click();
    await panel.getByText('60 predictions').waitFor();
    await page.keyboard.press('ArrowLeft');
    await panel.getByText('31 predictions').waitFor();
    expect(await panel.locator('.stages .name:visible').allInnerTexts()).toEqual(['pre · face', 'frame']);
    await page.evaluate(() => {
      setInterval(() => window.modular.monitor.stage('frame')(), 100);
    });
    await panel.getByText(/^\d\.?\d? frames a second$/).waitFor();
  });

  it('tells of incidents as they come, on its handle while it is closed', async () => {
    const page = await openPage();
    await showOverlay(page, true);
    const panel = panelOf(page);
    const fail = () =>
      page.evaluate(() => {
        try {
          window.models?.face?.predict(window.modular.tf.ones([1, 3]));
        } catch {
          window.seen = (window.seen ?? 0) + 1; // the page's own error is the page's own
        }
      });
    expect(await panel.evaluate((node) => node.classList.contains('alert'))).toBe(false);
    await fail();
    await page.waitForFunction(() =>
      document.querySelector('inferfleet-overlay')?.shadowRoot?.querySelector('.panel.alert'),
    );
    await panel.getByRole('button', { name: 'Open' }).click();
    await panel.getByRole('log').getByText('face · cpu').waitFor();
    await fail();
    await panel.getByRole('log').getByText('× 2').waitFor();
    expect(await page.evaluate(() => window.seen)).toBe(2);
    expect(await panel.evaluate((node) => node.classList.contains('alert'))).toBe(false);
  });
});

describe('its page', () => {
  it('is not moved, and hears nothing of what happens in the panel', async () => {
    const page = await openPage();
    const before = await page.evaluate(() => {
      window.seen = 0;
      window.shifts = 0;
      new PerformanceObserver((list) => {
        // What a person has just asked for is no shift, by the metric's own definition.
        for (const each of list.getEntries() as (PerformanceEntry & {
          value: number;
          hadRecentInput: boolean;
        })[])
          if (!each.hadRecentInput) window.shifts += each.value;
      }).observe({ type: 'layout-shift', buffered: true });
      for (const event of ['keydown', 'click', 'pointerdown'])
        document.addEventListener(event, () => (window.seen += 1));
      const { scrollWidth, scrollHeight } = document.documentElement;
      return [
        scrollWidth,
        scrollHeight,
        JSON.stringify(document.getElementById('own')?.getBoundingClientRect()),
      ];
    });
    await showOverlay(page);
    await panelOf(page)
      .getByRole('button', { name: /^Inferfleet/ })
      .focus();
    await page.keyboard.press('ArrowLeft');
    await panelOf(page).getByRole('button', { name: 'Collapse' }).click();
    await panelOf(page).getByRole('button', { name: 'Open' }).click();
    await page.waitForTimeout(600);
    const after = await page.evaluate(() => {
      const { scrollWidth, scrollHeight } = document.documentElement;
      return [
        scrollWidth,
        scrollHeight,
        JSON.stringify(document.getElementById('own')?.getBoundingClientRect()),
      ];
    });
    expect(after).toEqual(before);
    await page.evaluate(() => window.predictTimes(3));
    await page.waitForTimeout(600);
    expect(await page.evaluate(() => [window.seen, window.shifts])).toEqual([0, 0]);
  });

  it('cannot hide it or change its looks, and keeps its own', async () => {
    const hostile = `
      body, body *, html > :not(head, body) { display: none !important }
      * { all: unset !important; visibility: hidden !important; opacity: 0 !important; font: 99px serif !important;
        transform: scale(0) !important; pointer-events: none !important; position: static !important; color: red !important;
        clip-path: inset(50%) !important; filter: blur(9px) !important; direction: rtl !important; zoom: 3 !important }
      html { display: block !important; visibility: visible !important; opacity: 1 !important; transform: none !important;
        zoom: 1 !important; filter: none !important; clip-path: none !important }
      .panel, .body, section, button { display: none !important; background: red !important }`;
    const calm = await openPage();
    await showOverlay(calm);
    const page = await openPage(hostile, STRICT.replace("'none'", "'none'; style-src 'self'"));
    await showOverlay(page);
    const panel = panelOf(page);
    await panel.getByText('1 prediction', { exact: true }).waitFor();
    expect(await page.locator('#text').isVisible()).toBe(false);
    // Its height follows what it shows: the report that is on its way has to be there in both.
    const places = () => Promise.all([page, calm].map(placeOf));
    await expect
      .poll(async () => new Set((await places()).map((place) => JSON.stringify(place))).size)
      .toBe(1);
    const looks = (on: Page) =>
      panelOf(on)
        .locator('h2')
        .first()
        .evaluate((node) => {
          const { color, fontSize, direction, visibility, opacity } = getComputedStyle(node);
          return { color, fontSize, direction, visibility, opacity };
        });
    expect(await looks(page)).toEqual(await looks(calm));
    await panel.getByRole('button', { name: 'Close' }).click(); // a real click, where it is
    await panel.waitFor({ state: 'detached' });
  });

  it('has its own looks with and without it', async () => {
    const page = await openPage('button { color: rgb(1, 2, 3); padding: 7px }', "default-src 'self'");
    const looks = () =>
      page.evaluate(() => Object.entries(getComputedStyle(document.getElementById('own') as Element)));
    const before = await looks();
    await showOverlay(page);
    expect(await looks()).toEqual(before);
  });
});

describe('its life', () => {
  it('opens once, closes, and opens again', async () => {
    const page = await openPage();
    const panels = () => page.locator('inferfleet-overlay').count();
    await showOverlay(page);
    await showOverlay(page);
    expect(await panels()).toBe(1);
    await page.keyboard.press('Escape');
    await panelOf(page).getByRole('button', { name: 'Collapse' }).focus();
    await page.keyboard.press('Escape');
    expect(await panelOf(page).locator('.body').isVisible()).toBe(false);
    await showOverlay(page); // asked for again: it opens
    expect(await panelOf(page).locator('.body').isVisible()).toBe(true);
    await panelOf(page).getByRole('button', { name: 'Close' }).click();
    expect(await panels()).toBe(0);
    await page.evaluate(() => window.remove()); // once more does no harm
    await showOverlay(page);
    expect(await panels()).toBe(1);
    await page.evaluate(() => window.remove());
    expect(await panels()).toBe(0);
  });

  it('outlives its monitor, and says so', async () => {
    const page = await openPage();
    await showOverlay(page);
    await panelOf(page).getByText('1 prediction', { exact: true }).waitFor();
    await page.evaluate(() => window.modular.monitor.close());
    await panelOf(page).getByText('Nothing is measured').waitFor();
    await panelOf(page).getByText('No model is watched yet.').waitFor();
  });

  it('shows two monitors in two panels', async () => {
    const page = await openPage();
    await showOverlay(page);
    const left = await page.evaluate(async () => {
      const { createMonitor, overlay } = window.modular;
      const { showOverlay } = await overlay();
      const other = createMonitor({ app: 'other', endpoint: location.origin, remoteConfig: false });
      const remove = showOverlay(other);
      const both = document.querySelectorAll('inferfleet-overlay').length;
      remove();
      return [both, document.querySelectorAll('inferfleet-overlay').length];
    });
    expect(left).toEqual([2, 1]);
  });

  it('goes away when what it reads is broken, and the page hears of it on the console only', async () => {
    const page = await openPage();
    const warned = page.waitForEvent('console', (message) =>
      message.text().includes('inferfleet overlay: Error'),
    );
    const left = await page.evaluate(async () => {
      const { showOverlay } = await window.modular.overlay();
      const broken = {
        snapshot(): never {
          throw new Error('spoilt');
        },
        on: () => () => undefined,
      };
      showOverlay(broken)();
      return document.querySelectorAll('inferfleet-overlay').length;
    });
    expect(left).toBe(0);
    await warned;
  });

  it('is drawn at most four times a second, and never while it is closed or the page is hidden', async () => {
    const page = await openPage();
    await page.evaluate(async () => {
      const { overlay, monitor } = window.modular;
      const { showOverlay } = await overlay();
      window.seen = 0;
      const snapshot = () => {
        window.seen++;
        return monitor.snapshot();
      };
      window.remove = showOverlay({ snapshot, on: monitor.on });
    });
    const seenIn = async (ms: number) => {
      const before = await page.evaluate(() => [window.seen, performance.now()]);
      await page.waitForTimeout(ms);
      const after = await page.evaluate(() => [window.seen, performance.now()]);
      return {
        drawn: (after[0] ?? 0) - (before[0] ?? 0),
        seconds: ((after[1] ?? 0) - (before[1] ?? 0)) / 1_000,
      };
    };
    const { drawn, seconds } = await seenIn(3_000);
    expect(drawn).toBeGreaterThan(0);
    expect(drawn).toBeLessThanOrEqual(Math.ceil(seconds * 4) + 1);
    await panelOf(page).getByRole('button', { name: 'Collapse' }).click();
    expect((await seenIn(1_200)).drawn).toBe(0);
    await panelOf(page).getByRole('button', { name: 'Open' }).click();
    expect((await seenIn(1_200)).drawn).toBeGreaterThan(0);
    const hide = (hidden: boolean) =>
      page.evaluate((now) => {
        Object.defineProperty(document, 'hidden', { value: now, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, hidden);
    await hide(true);
    expect((await seenIn(1_200)).drawn).toBe(0);
    await hide(false);
    expect((await seenIn(1_200)).drawn).toBeGreaterThan(0);
    await page.evaluate(() => window.remove());
    expect((await seenIn(1_200)).drawn).toBe(0);
  });
});

describe('its place', () => {
  it('is where it was dragged to, and always inside the window', async () => {
    const page = await openPage();
    await showOverlay(page);
    const { x, y } = await placeOf(page);
    const drag = async (byX: number, byY: number) => {
      const at = await placeOf(page);
      await page.mouse.move(at.x + 60, at.y + 20);
      await page.mouse.down();
      await page.mouse.move(at.x + 60 + byX, at.y + 20 + byY, { steps: 4 });
      await page.mouse.up();
      return placeOf(page);
    };
    expect(await drag(-200, 30)).toMatchObject({ x: x - 200, y: y + 30 });
    expect(await drag(-5_000, -5_000)).toMatchObject({ x: 8, y: 8 });
    const far = await drag(5_000, 0);
    expect(far.x + far.width).toBe(1_000 - 8);
    await page.setViewportSize({ width: 600, height: 500 });
    await page.waitForFunction(() => {
      const panel = document.querySelector('inferfleet-overlay')?.shadowRoot?.querySelector('.panel');
      return (panel?.getBoundingClientRect().right ?? 1_000) <= 600;
    });
    const { x: left, y: top, height } = await placeOf(page);
    expect(left).toBeGreaterThanOrEqual(0);
    expect(top + height).toBeLessThanOrEqual(500);
  });

  it('is moved, closed and opened by the keyboard', async () => {
    const page = await openPage();
    await showOverlay(page);
    const { x, y } = await placeOf(page);
    await page.locator('#own').focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Shift+ArrowDown');
    expect(await placeOf(page)).toMatchObject({ x: x - 16, y: y + 64 });
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await panelOf(page).locator('.body').isVisible()).toBe(false);
    await page.keyboard.press('Enter');
    expect(await panelOf(page).locator('.body').isVisible()).toBe(true);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await panelOf(page).count()).toBe(0);
  });

  it('fits a phone, with controls that a finger meets', async () => {
    await context.close();
    context = await browser.newContext({
      viewport: { width: 390, height: 844 },
      isMobile: true,
      hasTouch: true,
    });
    const page = await openPage();
    await page.evaluate(() => {
      for (const stage of ['pre', 'a stage with a long name', 'post'])
        window.modular.monitor.stage(stage.replaceAll(' ', '-'))();
      for (const name of ['face', 'mesh', 'hands', 'a-model-with-a-long-name', 'emotion'])
        window.predictTimes(3, name);
    });
    await showOverlay(page);
    const { x, y, width, height } = await placeOf(page);
    expect([x, width]).toEqual([8, 374]);
    expect(y + height).toBe(844 - 8);
    expect(height).toBeLessThanOrEqual(844 * 0.7 + 1);
    const sideways = await panelOf(page)
      .locator('.body')
      .evaluate((node) => node.scrollWidth - node.clientWidth);
    expect(sideways).toBe(0);
    for (const name of ['Collapse', 'Close']) {
      const size = await panelOf(page).getByRole('button', { name }).boundingBox();
      expect(Math.min(size?.width ?? 0, size?.height ?? 0)).toBeGreaterThanOrEqual(40);
    }
    await panelOf(page).getByRole('button', { name: 'Collapse' }).tap();
    expect((await placeOf(page)).width).toBeLessThan(220);
    await panelOf(page).getByText('Inferfleet', { exact: true }).tap(); // the handle opens it, too
    expect(await panelOf(page).locator('.body').isVisible()).toBe(true);
  });
});

it('says on the console which model leaks, once, on a developer machine; of a clean one nothing', async () => {
  const [leaky, clean] = [await openPage(), await openPage()];
  const said: Record<string, string[]> = { leaky: [], clean: [] };
  for (const [name, page] of Object.entries({ leaky, clean })) {
    page.on('console', (message) => {
      if (/^inferfleet: .*leaks/.test(message.text())) said[name]?.push(message.text());
    });
    await page.evaluate((leak) => {
      setInterval(() => window.predictTimes(1, 'face', leak), 20);
    }, name === 'leaky');
  }
  const hint = await leaky.waitForEvent('console', {
    predicate: (message) => message.text().startsWith('inferfleet: face leaks'),
    timeout: 50_000,
  });
  expect(hint.type()).toBe('warning');
  await leaky.waitForTimeout(2_000);
  expect(said).toEqual({
    leaky: [expect.stringMatching(/face leaks 1\.0 tensors per prediction/)],
    clean: [],
  });
});
