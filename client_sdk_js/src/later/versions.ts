/** Which versions an item is of: of the inference library, and of the model where the page names its releases. */

import type { Adapter } from '../core/adapter.js';
import type { Page } from '../core/page.js';
import type { Incident, Load, Window } from '../generated/report.js';

type Item = Window | Load | Incident;

const LISTS = new Set(['windows', 'loads', 'incidents']);
const VERSION = /^[\w.+-]{1,32}$/;

/** Tells them from now on, once a library has said which one it is. Returns what an adapter is made known by. */
export function versionsTold(page: Page): (adapter: Adapter) => void {
  const { _outbox: outbox, _watches: watches, _options: options, fault } = page;
  const asked = new WeakSet<Adapter>();
  const known = new Map<Adapter, string>();

  function engineVersion(item: Item): string | undefined {
    for (const { watch, adapter } of watches.values())
      if (watch._subject.model === item.model) return known.get(adapter);
    // A model that the page let go of, or that did not load: its library is told by its name, or is the only one.
    const engine = 'kind' in item ? undefined : (item.engine ?? 'tfjs');
    const versions = [...known].flatMap(([adapter, version]) =>
      engine && adapter.engine !== engine ? [] : [version],
    );
    return new Set(versions).size === 1 ? versions[0] : undefined;
  }

  function versionsOf(item: Item) {
    const releases = options.modelReleases;
    return {
      engine_version: engineVersion(item),
      model_release:
        releases && Object.hasOwn(releases, item.model) ? releases[item.model] || undefined : undefined,
    };
  }

  const { _add: add } = outbox;
  outbox._add = (list, item) =>
    add(list, LISTS.has(list) ? Object.assign(item, versionsOf(item as object as Item)) : item);

  const learn = (adapter: Adapter): void => {
    if (asked.has(adapter)) return;
    asked.add(adapter);
    adapter
      .backends()
      .then(({ version = '' }) => {
        if (VERSION.test(version)) known.set(adapter, `${adapter.engine}/${version}`);
      })
      .catch(fault);
  };
  for (const { adapter } of watches.values()) learn(adapter);
  return learn;
}
