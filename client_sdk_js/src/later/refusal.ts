/**
 * What a developer is told on the console: options that make no sense, since the collector would refuse every report
 * made with them, and where reports go instead.
 */

import type { MonitorOptions } from '../core/options.js';

const APP = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const RELEASE = /^[A-Za-z0-9._+/@-]{0,64}$/;

/** What is wrong with the options; undefined when nothing is. */
export function refusal({
  app,
  endpoint,
  release = '',
  modelReleases = {},
}: MonitorOptions): string | undefined {
  if (typeof app !== 'string' || !APP.test(app))
    return `app ${JSON.stringify(app)} is not a name like "shop" (a-z, 0-9, _ and -)`;
  if (typeof endpoint !== 'string') return 'endpoint is missing: pass the URL of your collector';
  // Both would ask the page's own server, which may even answer: with a page.
  if (/[?#]/.test(endpoint)) return `endpoint "${endpoint}" has a query: pass what comes before /v1`;
  if (/^[\w-]+(?:\.[\w-]+)*(?:\.[a-z]{2,}|:\d+)(?:\/|$)/i.test(endpoint))
    return `endpoint "${endpoint}" lacks its https:// or http://`;
  if (typeof release !== 'string' || !RELEASE.test(release))
    return 'release may hold A-Z a-z 0-9 . _ + / @ - and at most 64 characters';
  for (const [model, of] of Object.entries(modelReleases ?? {}))
    if (typeof of !== 'string' || !RELEASE.test(of))
      return `the release of ${JSON.stringify(model)} in modelReleases may hold A-Z a-z 0-9 . _ + / @ - and at most 64 characters`;
  return undefined;
}

/** Says where reports go instead. Beacons of a first minute do not get there: what they are answered is not heard. */
export function tellMoved(from: string, to: string): void {
  const [there, here] = [to, from].map((url) => url.replace(/\/v1\/report.*/, ''));
  console.warn(`inferfleet: "${here}" redirects to "${there}": pass that as the endpoint`);
}
