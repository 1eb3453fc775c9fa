/** What keeps a monitor from its work without anybody being told: in development one line each, in production `snapshot()`. */

import type { Page } from '../core/page.js';

const SILENT_MS = 30_000;
const MOST_WAITING_MS = 90_000; // a window of a minute, and time to be answered

/** Returns what tells the problems of now. With `tell` each is told once, by itself. */
export function problemWatch(page: Page, tell: ((line: string) => void) | undefined): () => string[] {
  const { host, _watches: watches, _outbox: outbox } = page;
  const since = new WeakMap<object, number>();
  const told = new Set<string>();
  let broken: string | undefined;
  let looking = false;

  page._listeners.add({
    event: 'incident',
    listener: ({ kind, error }: { kind: string; error?: string | null }) => {
      if (kind === 'sdk_error')
        broken = `a step or part of the SDK failed (${error ?? 'other'}): see that all files of the package are served, later/ too`;
      look();
    },
  });
  page._listeners.add({ event: 'exposure', listener: look });

  function problems(): string[] {
    const now = host.now();
    const found: string[] = [];
    for (const [model, { watch }] of watches) {
      const from = since.get(model) ?? now;
      since.set(model, from);
      if (!watch._made && now - from >= SILENT_MS && page._enabled())
        found.push(
          `model "${watch._subject.model}" is watched and saw no call for ${SILENT_MS / 1000} s: predict with the very object that was passed in, by a method that the adapter watches`,
        );
    }
    const oldest = outbox._queue[0]?.report.sent_at ?? Number.POSITIVE_INFINITY; // when it was made
    if (!outbox._acknowledged && host.epoch() - oldest >= MOST_WAITING_MS)
      found.push(
        `nothing was sent: ${outbox._queue.length} reports wait for ${page._url.replace(/\?.*/, '')}: see that the endpoint is right, the collector runs, and the origin is declared for the app`,
      );
    if (broken) found.push(broken);
    return found;
  }

  function look(): void {
    if (!tell || looking) return;
    looking = true;
    host.after(SILENT_MS, () => {
      looking = false;
      for (const line of problems()) {
        if (told.has(line.slice(0, 20))) continue;
        told.add(line.slice(0, 20));
        tell(line);
      }
      if (watches.size) look();
    });
  }

  problems();
  if (watches.size) look();
  return problems;
}
