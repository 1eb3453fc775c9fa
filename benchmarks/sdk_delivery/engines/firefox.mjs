// Debian's Firefox through puppeteer-core, over WebDriver BiDi. Each life is a window of its own: tabs would hide one
// another. A crash is a kill -9 of every process that holds pages.
import puppeteer from 'puppeteer-core';
import { descendants } from './processes.mjs';

export async function launch(profile) {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: process.env.INFERFLEET_FIREFOX ?? '/usr/bin/firefox-esr',
    userDataDir: profile,
    headless: true,
    handleSIGINT: false, // measure.mjs ends them all
    handleSIGTERM: false,
    extraPrefsFirefox: { 'browser.tabs.crashReporting.sendReport': false },
  });
  return {
    version: (await browser.version()).replace(/^firefox\//i, ''),
    async open(url) {
      const page = await browser.newPage({ type: 'window' });
      await page.goto(url, { waitUntil: 'domcontentloaded' });
      return page;
    },
    close: (page) => page.close(),
    async crash(pages) {
      for (const pid of descendants(browser.process().pid, /-contentproc.* tab$/))
        process.kill(pid, 'SIGKILL');
      await Promise.all(pages.map((page) => page.close().catch(() => undefined))); // what the crash left of it
    },
    shutdown: () => browser.close(),
  };
}
