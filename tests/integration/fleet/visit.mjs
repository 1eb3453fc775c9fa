// Visits the fleet page in a real Chromium and prints what it saw as one line of JSON.
// node visit.mjs URL WIDTH [light|dark] [SCREENSHOT.png]
import { chromium } from 'playwright-core';

const [url, width, scheme = 'light', screenshot] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.INFERFLEET_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking'],
});
try {
  const context = await browser.newContext({
    viewport: { width: Number(width), height: 1000 },
    colorScheme: scheme,
  });
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(url);
  await page.waitForFunction(
    () => {
      const cards = [...document.querySelectorAll('[data-panel]')];
      const drawn = cards.length > 0 && cards.every((card) => card.dataset.state !== undefined);
      return drawn || document.querySelector('.first-steps, .banner') !== null;
    },
    null,
    { timeout: 60_000 },
  );
  await page.waitForTimeout(300);
  const seen = await page.evaluate(() => ({
    title: document.title,
    text: document.body.innerText,
    range: document.querySelector('[id^="range-"][aria-pressed="true"]')?.textContent,
    font: document.fonts.check('16px "Inter Variable"'),
    failed: performance
      .getEntriesByType('resource')
      .filter((entry) => entry.responseStatus >= 400)
      .map((entry) => entry.name),
    images: document.querySelectorAll('img, main script, iframe').length,
    overflow: document.documentElement.scrollWidth > innerWidth,
    states: Object.fromEntries(
      [...document.querySelectorAll('[data-panel]')].map((card) => [card.dataset.panel, card.dataset.state]),
    ),
    // A canvas that was drawn on holds pixels that are not transparent.
    blank: [...document.querySelectorAll('canvas')].filter((canvas) => {
      const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
      return !pixels.some((value) => value !== 0);
    }).length,
    canvases: document.querySelectorAll('canvas').length,
  }));
  // By keyboard alone: choose p95, see the figures, choose another range.
  if (seen.states.ready_by_backend === 'drawn') {
    const card = page.locator('#panel-ready_by_backend');
    await card.getByRole('button', { name: 'p95' }).focus();
    await page.keyboard.press('Enter');
    await card.getByRole('button', { name: 'Show the figures as a table' }).focus();
    await page.keyboard.press('Enter');
    seen.rows = await card.locator('tbody tr').count();
    await page.locator('#range-6h').focus();
    await page.keyboard.press('Enter');
    seen.search = new URL(page.url()).search;
  }
  // By keyboard alone: choose a class, walk over the marks of its variants, read what each says.
  if (seen.states.variant_trade_off === 'drawn') {
    const card = page.locator('#panel-variant_trade_off');
    await card.locator('select').focus();
    await page.keyboard.press('ArrowDown');
    const chosen = await card.locator('select').inputValue();
    await card.locator('.scatter-mark[tabindex="0"]').focus();
    const said = [];
    for (let step = 0; step < (await card.locator('.scatter-mark').count()); step += 1) {
      await page.keyboard.press('ArrowRight');
      said.push(await page.evaluate(() => document.activeElement.getAttribute('aria-label')));
    }
    const tip = await card.locator('.scatter-tip').innerText();
    const lit = await card.locator('.scatter-item.lit').count();
    await page.keyboard.press('Escape');
    const hidden = await card.locator('.scatter-tip').isHidden();
    seen.tradeOff = {
      chosen,
      said,
      tip,
      lit,
      hidden,
      listed: await card.locator('.scatter-item').allInnerTexts(),
    };
  }
  if (screenshot !== undefined) await page.screenshot({ path: screenshot, fullPage: true });
  process.stdout.write(`${JSON.stringify({ ...seen, complaints })}\n`);
} finally {
  await browser.close();
}
