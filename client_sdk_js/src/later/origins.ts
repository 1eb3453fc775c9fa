/** Where a plan may have a page load something from. */

import type { MonitorOptions } from '../core/options.js';
import { baseUrl } from './base.js';

/** Only the page's own origin and those it named: whoever takes over a collector must not choose the model. */
export function mayLoad(
  url: string | null | undefined,
  { modelOrigins = [] }: Pick<MonitorOptions, 'modelOrigins'>,
): boolean {
  if (!url) return true;
  const page = baseUrl();
  try {
    const { origin } = new URL(url, page);
    // `null` is the origin of every data: URL, and of a page in a sandbox, too.
    return origin !== 'null' && (origin === globalThis.location?.origin || modelOrigins.includes(origin));
  } catch {
    return false;
  }
}
