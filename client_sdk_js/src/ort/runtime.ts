/** What is known of the library's runtime. */

import type { Executor } from '../core/adapter.js';
import type { follow, hear, replace } from '../core/follow.js';
import type { Memory } from '../core/memory.js';
import type { Backend } from '../generated/report.js';
import type { Provider } from './providers.js';

/** The one runtime that a library has in a page. */
export interface Runtime {
  /** Its wasm threads, once it has started: they do not change afterwards. */
  _threads?: number;
  /** The execution providers of the session that starts it, while it does. */
  _starting?: { providers: string; made: Promise<unknown> } | undefined;
  /** What sessions run on. */
  _used: Set<Backend>;
  _sessions: WeakMap<object, Executor>;
  /** What its lazily loaded parts pass calls on by: a file that they imported, too, would be one more to fetch. */
  _replace: typeof replace;
  _hear: typeof hear;
  _follow: typeof follow;
  /** The part that sees all calls, once it is asked for. */
  _calls?: Promise<void> | undefined;
  /** Set by it: makes one of the page's. */
  _pass?: (<T>(call: () => Promise<T>) => Promise<T>) | undefined;
  /** Set by it, too: sessions that were created since, and not released, as `tensors`. */
  _memory?: () => Memory;
  /** And: is told of each session that is used, and, when it is made, what the page asked for. */
  _look?: (session: object, wanted?: Provider[]) => void;
}
