/** Packs reports so that they fill the room for beacons well, and none has to be cut when the page ends. */

import type { Entry, Item, Outbox } from '../core/outbox.js';

const REPORT_BYTES = 6 * 1024; // of items, which one alone may exceed
const MOST_ITEMS_A_REPORT = 32; // as in core/outbox.ts

/** From now on. */
export function packByBytes(outbox: Outbox): void {
  const { _items: items, _report: report } = outbox;
  const packPart = (part: Item[]): Entry[] =>
    part[1] && (part.length > MOST_ITEMS_A_REPORT || JSON.stringify(part).length > REPORT_BYTES)
      ? [part.slice(0, part.length >> 1), part.slice(part.length >> 1)].flatMap(packPart)
      : [report(part)];
  outbox._pack = () => {
    // In this order: on exit the browser may stop the script anywhere, and the next listener begins anew.
    if (items[0]) outbox._queue.push(...packPart([...items]));
    items.length = 0;
  };
}
