/** What relative URLs are relative to. */

/** The page's own address. A worker from a blob has none that is good for this, but the origin of the page that made it. */
export function baseUrl(): string | undefined {
  const { location } = globalThis;
  return location?.protocol === 'blob:' ? location.origin : location?.href;
}
