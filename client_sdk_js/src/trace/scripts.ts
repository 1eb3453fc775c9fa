/**
 * Names scripts so that only those who have them can tell which one is meant: by SHA-256 of their bytes. A script that cannot
 * be read again (another origin's) is named by SHA-256 of its path, without origin and query.
 */

const MOST_SCRIPTS = 16;
const DIGITS = 32; // of 64: enough to tell an app's files apart
const SLOWEST_MS = 10_000;

const names = new Map<string, Promise<string | undefined>>();

/** The name of the script at this address; undefined where nothing can be hashed (plain http), or of too many scripts. */
export function nameOf(url: string): Promise<string | undefined> {
  const known = names.get(url);
  if (known) return known;
  if (names.size >= MOST_SCRIPTS) return Promise.resolve(undefined);
  const name = hash(url).catch(() => undefined);
  names.set(url, name);
  return name;
}

async function hash(url: string): Promise<string> {
  const bytes = (await contentOf(url)) ?? new TextEncoder().encode(new URL(url).pathname);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .slice(0, DIGITS);
}

/** As the browser got it: from its cache, where it is there. Another origin may not be allowed by the page's policy. */
async function contentOf(url: string): Promise<ArrayBuffer | undefined> {
  if (new URL(url).origin !== globalThis.location?.origin) return;
  try {
    const answer = await fetch(url, { cache: 'force-cache', signal: AbortSignal.timeout(SLOWEST_MS) });
    return answer.ok ? await answer.arrayBuffer() : undefined;
  } catch {
    return; // offline, say
  }
}
