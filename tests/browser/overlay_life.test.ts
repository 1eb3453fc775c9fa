/** The developer's live view as it is opened and closed, moved about, and on a phone. */

import { describe, expect, it } from 'vitest';
import { openPage, panelOf, placeOf, STRICT, showOverlay, useOverlayPages } from './overlay_page.js';
import { browser } from './world_and_browser.js';

useOverlayPages();

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
    const phone = await browser.newContext({
      viewport: { width: 390, height: 844 },
      isMobile: true,
      hasTouch: true,
    });
    const page = await openPage('', STRICT, phone);
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
    await phone.close();
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
