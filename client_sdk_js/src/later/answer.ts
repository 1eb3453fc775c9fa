/** Asks for JSON that may be slow, endless or huge: so much of it, for so long. */

import type { Host } from '../core/host.js';
import { within } from './time_limit.js';

const TIMEOUT_MS = 30_000;

/**
 * The answer's body, parsed, and its ETag; undefined when the answer is not a good one.
 *
 * @throws what fetch throws, a RangeError for a body over `most` bytes, or a SyntaxError.
 */
export async function askJson(
  host: Host,
  url: string,
  cache: RequestCache,
  most: number,
): Promise<{ body: unknown; etag: string | null } | undefined> {
  const ask = host.fetch ?? ((input, init) => fetch(input, init));
  const abort = new AbortController();
  const read = async () => {
    const response = await ask(url, { credentials: 'omit', cache, signal: abort.signal });
    if (!response.ok) return undefined;
    return { body: JSON.parse(await textOf(response, most)), etag: response.headers.get('etag') };
  };
  const reading = read();
  reading.catch(() => undefined); // that it was aborted, below, is nobody's news
  try {
    return await within(host, TIMEOUT_MS, reading);
  } finally {
    abort.abort(); // no more than was read of it
  }
}

async function textOf(response: Response, most: number): Promise<string> {
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  let text = '';
  // A `fetch` that somebody made of XMLHttpRequest (whatwg-fetch, unfetch) has no streams.
  if (!reader) {
    text = await response.text();
    if (text.length > most) throw new RangeError('config too large');
    return text.replace(/^\ufeff/, '');
  }
  for (let bytes = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.length;
    if (bytes > most) throw new RangeError('config too large');
    text += decoder.decode(value, { stream: true });
  }
  return text + decoder.decode();
}
