/**
 * gzip of a report's text, when it pays: a report of one window is smaller than one packet of the network either way.
 * The collector knows gzip by its first two bytes, which no JSON begins with. A `Content-Encoding` header would cost
 * every report of a page on another origin a preflight.
 */

import type { Host } from '../core/host.js';

// Measured: 872 bytes become 497 (one window), 1,385 become 599 (two), 8,550 become 1,798; about 1 ms, none of it at
// work on the main thread.
const SHORTEST_BYTES = 1_024;
const LONGEST_MS = 1_000;

/** The text zipped; itself when it is short, or the browser has no gzip, fails or hangs. */
export async function zip(host: Host, text: string): Promise<string | Blob> {
  if (text.length < SHORTEST_BYTES) return text;
  const plain = new Promise<string>((resolve) => host.after(LONGEST_MS, () => resolve(text)));
  try {
    return await Promise.race([zipped(text), plain]);
  } catch {
    return text;
  }
}

async function zipped(text: string): Promise<Blob> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
  // Not by a Response: that of whatwg-fetch, which Pretender brings, makes a text of a stream's name.
  const reader = stream.getReader();
  const parts: BlobPart[] = [];
  for (let read = await reader.read(); !read.done; read = await reader.read()) parts.push(read.value);
  return new Blob(parts, { type: 'text/plain' });
}
