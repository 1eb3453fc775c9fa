/** Repeats of one incident become a count: a model that throws at every frame would otherwise fill the reports. */

import type { Outbox } from '../core/outbox.js';
import type { Incident } from '../generated/report.js';

const keyOf = ({ count, at, ...incident }: Incident): string => JSON.stringify(incident);

/** Counts from now on; repeats among what is collected already become one as well. */
export function countRepeats(outbox: Outbox): void {
  const { _add: add, _items: items } = outbox;
  const incidents = new Map<string, Incident>();

  /** The same incident among what is still to be packed, counted once more. */
  function repeated(incident: Incident): Incident | undefined {
    const key = keyOf(incident);
    const known = incidents.get(key);
    if (known && items.some(([, item]) => item === known)) {
      known.count = (known.count ?? 1) + 1;
      return known;
    }
    // A page whose incidents are all different must not have us keep them all.
    if (incidents.size > items.length) incidents.clear();
    incidents.set(key, incident);
    return undefined;
  }

  const kept = items.filter(([list, item]) => list !== 'incidents' || !repeated(item as Incident));
  items.splice(0, items.length, ...kept);
  outbox._add = (list, item) => {
    const known = list === 'incidents' && repeated(item as object as Incident);
    if (known) outbox._emit('incident', known);
    else add(list, item);
  };
}
