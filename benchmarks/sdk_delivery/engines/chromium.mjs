// Debian's Chromium through playwright-core. Each page is visible, each address has a renderer of its own.
import { chromium } from 'playwright-core';

export async function launch(profile) {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.INFERFLEET_CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
  });
  return {
    closesItself: false,
    version: context.browser()?.version() ?? '',
    async open(url) {
      const page = await context.newPage();
      await page.goto(url, { waitUntil: 'commit' });
      return page;
    },
    close: (page) => page.close({ runBeforeUnload: true }),
    async crash(pages) {
      await Promise.all(
        pages.map(async (page) => {
          const devtools = await context.newCDPSession(page);
          const crashed = page.waitForEvent('crash', { timeout: 30_000 });
          devtools.send('Page.crash').catch(() => undefined); // nobody is left to answer
          await crashed;
          page.close().catch(() => undefined); // the tab of a page that is gone may never say that it closed
        }),
      );
    },
    shutdown: () => context.close(),
  };
}
