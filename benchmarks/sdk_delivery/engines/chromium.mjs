// Debian's Chromium through playwright-core. Each page is visible, each address has a renderer of its own. A crash is a
// kill -9 of every renderer: `Page.crash` of many pages at once leaves some of them alive.
import { chromium } from 'playwright-core';
import { descendants } from './processes.mjs';

const NOTICES_MS = 5_000;

export async function launch(profile) {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.INFERFLEET_CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    handleSIGINT: false, // measure.mjs ends them all
    handleSIGTERM: false,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
  });
  const [browser] = descendants(process.pid, new RegExp(`--user-data-dir=${profile}`));
  return {
    version: context.browser()?.version() ?? '',
    async open(url) {
      const page = await context.newPage();
      await page.goto(url, { waitUntil: 'commit' });
      return page;
    },
    close: (page) => page.close({ runBeforeUnload: true }),
    async crash(pages) {
      // A page that is asked for before the browser has noticed can be given a renderer that is dead, and never opens.
      const noticed = pages.map((page) => new Promise((resolve) => page.once('crash', resolve)));
      for (const pid of descendants(browser, /--type=renderer/)) process.kill(pid, 'SIGKILL');
      await Promise.race([Promise.all(noticed), new Promise((resolve) => setTimeout(resolve, NOTICES_MS))]);
      for (const page of pages) page.close().catch(() => undefined); // whose tab may never say that it closed
    },
    shutdown: () => context.close(),
  };
}
