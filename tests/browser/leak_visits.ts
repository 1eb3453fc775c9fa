/** Sessions of the pages of `page/leaks`: some tabs at a time, each with one session after the other. */

import type { Browser, Page } from 'playwright-core';

export interface Session {
  /** The page's name, which is its model's, too. */
  page: string;
  backend: string;
  /** At least. */
  predictions: number;
  traced: boolean;
  release: string;
  /** Whether this release no longer leaks. */
  fixed: boolean;
}

/** What a session left behind of the SDK: `CLEAN_VISIT`, if all is well. */
export interface Visit {
  /** Of the page, or what kept it from ending. */
  errors: string[];
  hooked?: string[];
  stackTraceLimit?: number;
  reports?: { queued: number; dropped: number };
}

export const CLEAN_VISIT = {
  errors: [],
  hooked: [],
  stackTraceLimit: 10,
  reports: { queued: 0, dropped: 0 },
};

/** Software GPUs and our processes wait for each other: more tabs than cores keep both busy. */
const TABS = 4;
const SESSION_MS = 120_000;

/** Visits all of them, and says of each how it went, in the order of `sessions`. */
export async function visitAll(
  browser: Browser,
  origin: string,
  collector: string,
  sessions: readonly Session[],
): Promise<Visit[]> {
  const left = [...sessions.entries()];
  const visits: Visit[] = [];
  const tab = async () => {
    // Of its own, with a cache of its own: Chromium fails two at once for one large file (ERR_CACHE_WRITE_FAILURE).
    const visitor = await browser.newContext();
    const page = await visitor.newPage();
    for (let next = left.shift(); next; next = left.shift()) {
      const [place, session] = next;
      visits[place] = await visit(page, origin, collector, session);
    }
    await visitor.close();
  };
  await Promise.all(Array.from({ length: TABS }, tab));
  return visits;
}

async function visit(page: Page, origin: string, collector: string, session: Session): Promise<Visit> {
  const errors: string[] = [];
  const note = (error: Error) => errors.push(error.message);
  page.on('pageerror', note);
  const query = new URLSearchParams({
    ...session,
    collector,
    predictions: String(session.predictions),
    traced: String(+session.traced),
    fixed: String(+session.fixed),
  });
  try {
    await page.goto(`${origin}/app?${query}`);
    const { hooked, stackTraceLimit, reports } = (await Promise.race([
      page.evaluate(() => window.outcome),
      new Promise((_, reject) => setTimeout(reject, SESSION_MS, new Error('the session does not end'))),
    ])) as Visit;
    return { errors, hooked, stackTraceLimit, reports } as Visit;
  } catch (error) {
    return { errors: [...errors, String(error)] };
  } finally {
    page.off('pageerror', note);
  }
}
