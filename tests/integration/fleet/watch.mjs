// Opens the fleet page in a real Chromium, touches nothing, and prints how many sessions it shows: at first, and when
// that changes. node watch.mjs URL
import { chromium } from 'playwright-core';

const browser = await chromium.launch({
  executablePath: process.env.INFERFLEET_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking'],
});
try {
  const page = await browser.newPage();
  await page.goto(process.argv[2]);
  const figure = page.locator('#panel-sessions .stat-value');
  await figure.waitFor({ timeout: 60_000 });
  const first = await figure.textContent();
  process.stdout.write(`${first}\n`);
  await page.waitForFunction(
    (before) => document.querySelector('#panel-sessions .stat-value')?.textContent !== before,
    first,
    { timeout: 60_000 },
  );
  process.stdout.write(`${await figure.textContent()}\n`);
} finally {
  await browser.close();
}
