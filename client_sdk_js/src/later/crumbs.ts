/**
 * A breadcrumb in localStorage, which outlives a page that is killed: it says what a visible page is about to do with a
 * model (start its backend, load it, predict for the first time), or that it predicts. A page that ends or hides takes it
 * away; one that is found without a living owner is told by a later visit (`killed.ts`).
 *
 * Each page life has one under a name of its own, so that tabs never write over each other, and holds a Web Lock of that
 * name while it is there.
 */

import type { Host } from '../core/host.js';
import type { Page } from '../core/page.js';
import type { Watched } from '../core/watch.js';
import type { Backend, Incident } from '../generated/report.js';
import { keep, recall, unkeep } from './keeper.js';

export type Phase = NonNullable<Incident['phase']>;

/** What is under way with one model. Not shortened by the build: another version of the SDK reads it. */
export interface Step {
  model: string;
  variant: string | undefined;
  steerable?: boolean | undefined;
  /** What runs it, or was asked to. */
  backend: Backend;
  /** False: nobody but the library chose the backend. */
  named?: boolean | undefined;
  phase: Phase;
}

/** What is kept. */
export interface Crumb {
  /** Epoch milliseconds at which the page was last shown, and asked for its lock; without locks, when it was last seen alive. */
  at: number;
  /** Whether the page may be told of. */
  told: boolean;
  steps: Step[];
}

export interface Crumbs {
  /** Of this page life. */
  _id: string;
  /**
   * Notes what is about to happen with the model of this load or race. Resolves when it is on its way to where it outlives
   * the page.
   */
  _step(load: object, step: Step): Promise<void>;
  /** The load is over; with a model, which is now in the page's hands and runs there, its first prediction is expected. */
  _end(load: object, model?: object, backend?: Backend): void;
  /** A model came under observation. */
  _watch(): void;
}

/** Without locks a page is taken for alive as long as it has renewed its breadcrumb within thrice this. */
export const BEAT_MS = 20_000;
const IDLE_MS = 60_000;
const AWAITED_MS = 10_000; // a page that keeps a loaded model for later is not about to predict

export const crumbName = (app: string, id = ''): string => `crumb:${app}:${id}`;
export const locksOf = (): LockManager | undefined => globalThis.navigator?.locks;

/** A task of its own: Firefox hands over what a task has stored when the task ends, and not to a page that dies in it. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    if (!globalThis.document) return resolve(); // a worker's storage is what the page made of it
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}

export function breadcrumbs(page: Page): Crumbs {
  const { host, fault, _options: options, _watches: watches, _waits: waits } = page;
  const id = page._randomId();
  const name = crumbName(options.app, id);
  const steps = new Map<object, Step>();
  const seen = new WeakSet<Watched>();
  let at = 0;
  let there = false;
  let beating = false;
  let lock: AbortController | undefined;
  let release = (): void => undefined;
  try {
    // WebKit gives a page none any more when it closes itself, but one that it holds goes on working.
    host.storage ??= localStorage;
  } catch {
    // Storage is denied.
  }

  // Who measures nothing keeps it for the device's own sake only, as long as it keeps anything.
  const mayKeep = () => page._enabled() || !!recall(host, 'install');
  const isSeen = () => !host.hidden() && !host.prerendering();

  function write(): void {
    if (!steps.size || !isSeen() || !mayKeep()) {
      remove();
      return;
    }
    hold();
    there = true;
    keep(host, name, { at, told: page._enabled(), steps: [...steps.values()] } satisfies Crumb);
  }

  function remove(): void {
    if (there) unkeep(host, name);
    there = false;
  }

  /** The page may end here, or be kept without being seen. */
  function hide(): void {
    remove();
    lock?.abort(); // what is not granted yet: one that is granted to a page in the back-forward cache throws it out
    lock = undefined;
    release();
  }

  function hold(): void {
    if (lock) return;
    lock = new AbortController();
    at = host.epoch();
    const locks = locksOf();
    if (!locks) {
      beat();
      return;
    }
    const { signal } = lock;
    locks
      .request(
        `inferfleet:${name}`,
        { signal },
        () =>
          signal.aborted ||
          new Promise<void>((resolve) => {
            release = resolve;
          }),
      )
      .catch(() => undefined); // denied, or the page hid: then others go by its age
  }

  function beat(): void {
    if (beating) return;
    beating = true;
    host.after(BEAT_MS, () => {
      beating = false;
      if (!there) return;
      at = host.epoch();
      write();
      beat();
    });
  }

  function put(key: object, step: Step): void {
    const before = steps.get(key);
    if (before?.phase === step.phase && before.backend === step.backend) return;
    steps.set(key, step);
    write();
  }

  function drop(key: object): void {
    if (steps.delete(key)) write();
  }

  function follow(watched: Watched): void {
    const { watch, handle } = watched;
    const { _observer: observer, _subject: subject } = watch;
    const { model } = handle;
    const { named } = steps.get(model) ?? {};
    const isOver = () => watches.get(model) !== watched;
    let phase: Phase | undefined;
    let made = 0;

    function enter(next: Phase): void {
      if (isOver() || !mayKeep()) return;
      phase = next;
      put(model, { ...subject, backend: handle.backend, named, phase });
    }

    /** Calls `then` at the next call of the model, before it, and costs nothing from there on. */
    function atNextCall(then: () => void): void {
      const { begin } = observer;
      let waiting = true;
      const noticed = () => {
        if (observer.begin === noticed) observer.begin = begin;
        const told = waiting;
        waiting = false;
        if (told) guarded(then);
        return begin();
      };
      observer.begin = noticed;
    }

    /** Calls `then` when a call has ended. */
    function atFirstEnd(then: () => void): void {
      for (const name of ['ready', 'failed'] as const) {
        const end = observer[name] as (...args: unknown[]) => void;
        const noticed = (...args: unknown[]) => {
          if (observer[name] === noticed) observer[name] = end;
          end(...args);
          guarded(then);
        };
        observer[name] = noticed;
      }
    }

    function guarded(step: () => void): void {
      try {
        step();
      } catch (error) {
        fault(error, subject.model);
      }
    }

    function predicts(): void {
      if (phase === 'predict') return;
      enter('predict');
      made = watch._made;
      rest();
    }

    /** A page that has not predicted for a while is not killed by it. */
    function rest(): void {
      host.after(IDLE_MS, () => {
        if (isOver() || phase !== 'predict') return;
        const waited = [...waits.values()].some(({ _subject }) => _subject === subject);
        if (watch._made !== made || waited) {
          made = watch._made;
          return rest();
        }
        phase = undefined;
        drop(model);
        atNextCall(predicts);
      });
    }

    function first(): void {
      enter('first_prediction');
      atFirstEnd(predicts);
      atNextCall(predicts); // a result that is never read is never seen to be there
    }

    if (watch._results) predicts();
    else if (watch._made) first();
    else atNextCall(first);
    const { _closeWindow: closeWindow } = watch;
    watch._closeWindow = (atEnd) => {
      closeWindow(atEnd);
      if (isOver() || !page._enabled()) {
        phase = undefined;
        drop(model);
      }
    };
  }

  host.visibility(hide, write);
  return {
    _id: id,
    async _step(load, step) {
      put(load, step);
      if (there) await nextTask();
    },
    _end(load, model, backend) {
      const step = steps.get(load);
      steps.delete(load);
      if (!step || !model) return write();
      put(model, { ...step, backend: backend ?? step.backend, phase: 'first_prediction' });
      host.after(AWAITED_MS, () => {
        const { phase } = steps.get(model) ?? {};
        const begun = watches.get(model)?.watch._made;
        if (phase === 'first_prediction' && !begun) drop(model);
      });
    },
    _watch() {
      for (const watched of watches.values()) {
        if (seen.has(watched)) continue;
        seen.add(watched);
        follow(watched);
      }
    },
  };
}

/** All names below `prefix` that are kept; none where storage is denied. */
export function keptNames(host: Host, prefix: string): string[] {
  try {
    const storage = host.storage ?? localStorage;
    const keys = Array.from({ length: storage.length ?? 0 }, (_, i) => storage.key?.(i) ?? '');
    return keys.filter((key) => key.startsWith(`inferfleet:${prefix}`)).map((key) => key.slice(11));
  } catch {
    return [];
  }
}
