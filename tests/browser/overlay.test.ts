/** The developer's live view over a real page: what it shows, under the strictest CSP and against hostile styles. */

import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { openPage, panelOf, placeOf, STRICT, showOverlay, useOverlayPages } from './overlay_page.js';

useOverlayPages();

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
