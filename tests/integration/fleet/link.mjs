// Opens a link to the fleet page in a real Chromium, touches nothing, and prints what it shows as one line of JSON.
// node link.mjs URL
import { chromium } from 'playwright-core';

const browser = await chromium.launch({
  executablePath: process.env.INFERFLEET_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking'],
});
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 1000 } });
  const complaints = [];
  const asked = {};
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    const url = new URL(request.url());
    const panel = url.pathname.match(/v1\/fleet\/panels\/(\w+)$/)?.[1];
    if (panel !== undefined) asked[panel] = Object.fromEntries(url.searchParams);
  });
  await page.goto(process.argv[2]);
  await page.waitForFunction(
    () => {
      const cards = [...document.querySelectorAll('[data-panel]')];
      return cards.length > 0 && cards.every((card) => card.dataset.state !== undefined);
    },
    null,
    { timeout: 60_000 },
  );
  const seen = await page.evaluate(() => ({
    picked: Object.fromEntries(
      ['app', 'model', 'release', 'backend'].map((name) => [
        name,
        document.getElementById(`pick-${name}`)?.value,
      ]),
    ),
    pressed: [...document.querySelectorAll('[id^="range-"][aria-pressed="true"]')].map((button) => button.id),
    findings: [...document.querySelectorAll('#panel-findings .finding')].map((finding) => ({
      id: finding.querySelector('details')?.dataset.key,
      level: finding.querySelector('.badge')?.textContent,
      chips: [...finding.querySelectorAll('.chip')].map((chip) => chip.textContent),
    })),
    sessions: document.querySelector('#panel-sessions .stat-value')?.textContent,
    openFindings: document.querySelector('#panel-open_findings .stat-value')?.textContent,
    failed: [...document.querySelectorAll('[data-panel]')]
      .filter((card) => !['drawn', 'empty'].includes(card.dataset.state))
      .map((card) => card.dataset.panel),
    drawn: [...document.querySelectorAll('[data-panel][data-state="drawn"]')].map(
      (card) => card.dataset.panel,
    ),
  }));
  const search = new URL(page.url()).search;
  const first = structuredClone(asked);
  await page.locator('#range-6h').click();
  const left = new URL(page.url()).search;
  process.stdout.write(`${JSON.stringify({ ...seen, asked: first, complaints, search, left })}\n`);
} finally {
  await browser.close();
}
