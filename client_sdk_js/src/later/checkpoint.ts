/**
 * What a crash would cost: the windows that are still open, and what was not packed yet. A checkpoint is the report
 * that would be sent now, kept under a batch_id that the real one, made later with more in it, is given. Whichever
 * of the two arrives is stored, and the other one is a duplicate: a prediction is never counted twice.
 *
 * That holds because all that a checkpoint covers goes into one report, and because nobody sends a checkpoint whose
 * page may still live (`offline.ts`: the page holds a lock).
 */

import type { Entry, Item } from '../core/outbox.js';
import type { Page } from '../core/page.js';
import type { Report, Window } from '../generated/report.js';

// The real report has all of it and what a minute adds, and must still fit the wire.
const MOST_ITEMS = 24;
const MOST_BYTES = 6 * 1024;

export interface Checkpoint {
  /** The batch_id of the one that may be kept. */
  _id: string | undefined;
  /**
   * What is to be kept now; undefined when there is nothing new. `packed` says that what was covered may have been
   * packed since: then it is made anew or given up.
   */
  _draw(packed: unknown): Report | undefined;
  /** It is kept no longer: what it covered goes its own way. */
  _forget(): void;
}

const name = (item: Partial<Window> | undefined): string =>
  `${item?.model} ${item?.variant} ${item?.backend} ${item?.started_at}`;

/** `final` is told of the report that has taken the checkpoint's place. */
export function checkpoints(page: Page, final: (entry: Entry) => void): Checkpoint {
  const { _outbox: outbox, _watches: watches } = page;
  /** Items as they are, and open windows by name. */
  let covered = new Set<unknown>();
  let drawn = 0; // predictions and other events in it

  const open = () =>
    [...watches.values()].flatMap(({ watch }): Item[] => {
      const window = watch._peek();
      return window ? [['windows', window as Window]] : [];
    });

  const pack = outbox._pack;
  outbox._pack = () => {
    pack();
    // A window whose result is waited for stays open: then `offline.ts` keeps a new checkpoint without what is packed
    // now before that is sent.
    if (open().some(([, window]) => covered.has(name(window as Window)))) return;
    const [first, ...others] = outbox._queue.filter(({ _attempted }) => !_attempted);
    if (!first || !self._id) return;
    first.report.batch_id = self._id;
    first._attempted = true; // in halves it would no longer hold all that is covered
    for (const { _items, report } of others) {
      for (const item of _items.filter((item) => covered.has(item) || covered.has(name(item[1] as Window)))) {
        const lists = report as unknown as Record<string, unknown[]>;
        const whole = first.report as unknown as Record<string, unknown[]>;
        const [list, value] = item;
        lists[list] = lists[list]?.filter((other) => other !== value) ?? [];
        whole[list] = [...(whole[list] ?? []), value];
        first._items.push(..._items.splice(_items.indexOf(item), 1));
      }
    }
    self._forget();
    final(first);
  };

  const self: Checkpoint = {
    _id: undefined,
    _draw(packed) {
      if (page.host.prerendering()) return; // a visit that may never come leaves nothing
      const windows = open();
      const { _items: items, report } = outbox._report([...outbox._items, ...windows]);
      outbox._seq--; // what is collected stays collected: the real report is made later
      outbox._retell(report.dropped);
      let count = 0;
      for (const [, item] of items) count += (item as Window).count ?? 1;
      if (!items[0] || items.length > MOST_ITEMS || JSON.stringify(report).length > MOST_BYTES) {
        if (packed) self._forget();
        return;
      }
      if (self._id && !packed && count === drawn) return;
      drawn = count;
      self._id ??= report.batch_id;
      report.batch_id = self._id;
      covered = new Set([...items, ...windows.map(([, window]) => name(window as Window))]);
      return report;
    },
    _forget() {
      self._id = undefined;
      covered = new Set();
    },
  };
  return self;
}
