/** What a model's files cost over the network, from the browser's own resource timing. */

import type { Load } from '../generated/report.js';

/**
 * Bytes and cache use of the files in the folder of `url` that were fetched since `since` (ms on the monotonic
 * clock). Empty when the browser does not tell, as for another origin without Timing-Allow-Origin: a 0 there
 * would be a guess.
 */
export function downloadOf(url: string, since: number): Pick<Load, 'download_bytes' | 'cache_hit'> {
  const base = globalThis.document?.baseURI;
  if (!base || !URL.canParse(url, base)) return {};
  const folder = new URL('.', new URL(url, base)).href;
  const files = performance
    .getEntriesByType('resource')
    .filter(
      (entry): entry is PerformanceResourceTiming =>
        entry.startTime >= since && entry.name.startsWith(folder),
    );
  if (!files.length || files.some((file) => !file.encodedBodySize)) return {};
  return {
    download_bytes: files.reduce((sum, file) => sum + file.transferSize, 0),
    // A body out of the cache costs nothing, or 300 bytes of headers when it was revalidated.
    cache_hit: files.every((file) => file.transferSize < file.encodedBodySize),
  };
}
