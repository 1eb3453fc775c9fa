/**
 * What the browser has of ours in flight. The core takes a beacon to have landed after ten seconds; with a collector
 * that takes connections and does not answer, that would be 16 KiB more each time, until the page's own keepalive
 * requests are refused. Here it is known: resource timing tells of each beacon when it is over.
 *
 * Where there are no beacons (workers, some blockers) a request that outlives its page takes their place.
 */

import type { Page } from '../core/page.js';
import { baseUrl } from './base.js';

const MOST_BYTES = 16 * 1024; // of the 64 KiB that all keepalive requests of a page share
const LONGEST_FLIGHT_MS = 5 * 60_000; // when nobody tells that it is over

/** Of all monitors of the page, by where they fly to. Bytes are given back when nothing flies there any more. */
const flights = new Map<string, Set<object>>();
let bytes = 0;

function landed(url: string, flight: object | undefined): void {
  const there = flights.get(url);
  if (flight) there?.delete(flight);
  if (![...flights.values()].some(({ size }) => size)) bytes = 0;
}

/** Tells when a beacon is over, whatever became of it; which one is not known, so the oldest is taken. */
function watchLandings(): boolean {
  try {
    new PerformanceObserver((list) => {
      for (const { name, initiatorType } of list.getEntries() as PerformanceResourceTiming[])
        if (initiatorType === 'beacon') landed(name, flights.get(name)?.values().next().value);
    }).observe({ type: 'resource' });
    return true;
  } catch {
    return false; // no such observer: flights take their longest
  }
}
let watching = false;

/** Holds the host's beacons to what the page can spare; a page's own `host.beacon` stays as it is. */
export function guardBeacons({ host, _options: options }: Page): void {
  if (options.host?.beacon) return;
  const { beacon } = host;
  const has = !!globalThis.navigator?.sendBeacon;
  if (has && !watching) watching = watchLandings();

  host.beacon = (url, body) => {
    if (bytes + body.length > MOST_BYTES) return false;
    const flight = {};
    const over = () => landed(full, flight);
    const full = new URL(url, baseUrl()).href;
    if (!has) keepalive(full, body).then(over, over);
    else if (!beacon(full, body)) return false;
    bytes += body.length;
    const there = flights.get(full) ?? new Set();
    flights.set(full, there.add(flight));
    host.after(LONGEST_FLIGHT_MS, over);
    return true;
  };
}

/** Its answer is read, or it would count as in flight until it is. Nobody is left to hear of a failure. */
const keepalive = (url: string, body: string): Promise<unknown> =>
  fetch(url, { method: 'POST', body, keepalive: true, credentials: 'omit' }).then((response) =>
    response.text(),
  );
