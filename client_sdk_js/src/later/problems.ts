/** What keeps a monitor from its work without anybody being told: in development one line each, in production `snapshot()`. */

import type { Page } from '../core/page.js';
import type { Watched } from '../core/watch.js';
import type { Trouble } from './trouble.js';

const SILENT_MS = 30_000;
const MOST_WAITING_MS = 90_000; // a window of a minute, and time to be answered
const MANY = 16; // live models of one name: more than a pool of workers or a gallery has
const MANY_IN_ALL = 64;
const MANY_MONITORS = 4; // of one app: more than the parts of a page that were made by different people

/** Monitors of this page, for as long as they watch something. */
const monitors = new Set<Page>();

/** What only others know. */
export interface Known {
  /** Why nothing is measured at all; undefined when it is, or when it is told already. */
  off(): string | undefined;
  /** What became of the last report. */
  trouble: Trouble;
}

/** Sentences by what they are about: each is told once, however its figures change. */
type Found = Map<string, string>;

/** Returns what tells the problems of now. With `tell` each is told once, by itself. */
export function problemWatch(
  page: Page,
  { off, trouble }: Known,
  tell: ((line: string) => void) | undefined,
): () => string[] {
  const { host, _watches: watches, _outbox: outbox } = page;
  const since = new WeakMap<object, number>();
  const told = new Set<string>();
  const faults = new Map<string, string>(); // the class of the last one, by model, or the app for one of none
  let looking = false;

  function noteFault({ kind, model, error }: { kind: string; model: string; error?: string | null }): void {
    if (kind === 'sdk_error') faults.set(model, error ?? 'other');
  }
  for (const [list, item] of [...outbox._queue.flatMap(({ _items }) => _items), ...outbox._items])
    if (list === 'incidents') noteFault(item as Parameters<typeof noteFault>[0]);
  page._listeners.add({
    event: 'incident',
    listener: (incident: Parameters<typeof noteFault>[0]) => {
      noteFault(incident);
      look();
    },
  });
  page._listeners.add({ event: 'exposure', listener: look });

  function lookAtModels(found: Found): void {
    const now = host.now();
    const alive = new Map<string, number>();
    for (const [model, watched] of watches) {
      const { _subject, _made } = watched.watch;
      const { model: name } = _subject;
      const from = since.get(model) ?? now;
      since.set(model, from);
      alive.set(name, (alive.get(name) ?? 0) + 1);
      if (!_made && now - from >= SILENT_MS && page._enabled())
        found.set(`silent ${name}`, silence(name, model));
      if (_made && isElsewhere(watched))
        found.set(
          `elsewhere ${name}`,
          `model "${name}" predicts, and the tf that tfjs(tf) was given has started no backend: pass the tf that loaded the model (a bundle can hold TensorFlow.js twice)`,
        );
    }
    const [first] = alive.keys();
    if (watches.size >= MANY_IN_ALL && alive.size > MANY)
      found.set(
        'many',
        `${watches.size} models are watched at once, "${first}" the first of them: call dispose() or unwrap() for each one that you are done with, and give models of one kind one name`,
      );
    for (const [name, count] of alive)
      if (count >= MANY)
        found.set(
          `many ${name}`,
          `${count} models named "${name}" are watched at once: load it once, or call dispose() or unwrap() for each one that you are done with`,
        );
  }

  function lookAtMonitors(found: Found): void {
    monitors.add(page);
    for (const each of monitors) if (!each._watches.size) monitors.delete(each);
    const { app } = page._options;
    const alive = [...monitors].filter(({ _options }) => _options.app === app).length;
    if (alive >= MANY_MONITORS)
      found.set(
        'monitors',
        `${alive} monitors of app "${app}" are alive in this page, each with models of its own: make one, in a module of its own, and keep it over hot reloads`,
      );
  }

  function lookAtFaults(found: Found): void {
    for (const [model, error] of faults) {
      if (model === page._options.app && error === 'RangeError')
        found.set(
          'name',
          'a model is not watched: its name or variant may hold A-Z a-z 0-9 . _ + - and at most 64 characters',
        );
      else if (model === page._options.app && error === 'TypeError')
        found.set(
          'unwatched',
          'a model is not watched, or a step of the SDK failed (TypeError): pass an adapter, and a model that is an object and is not frozen or sealed; see that all files of the package are served, later/ too',
        );
      else
        found.set(
          'broken',
          `a step or part of the SDK failed (${error}): see that all files of the package are served, later/ too`,
        );
    }
  }

  function problems(): Found {
    const found: Found = new Map();
    const why = page._enabled() ? undefined : off();
    if (why) found.set('off', why);
    lookAtModels(found);
    lookAtMonitors(found);
    const { answer } = trouble;
    if (answer) found.set(answer.about, answer.text);
    const oldest = outbox._queue[0]?.report.sent_at ?? Number.POSITIVE_INFINITY; // when it was made
    const waits = outbox._acknowledged ? trouble.failingMs() : host.epoch() - oldest;
    if (!answer && outbox._queue[0] && waits >= MOST_WAITING_MS && !host.prerendering())
      found.set(
        'waits',
        `${outbox._acknowledged ? 'nothing is sent any more' : 'nothing was sent'}: ${outbox._queue.length} reports wait for ${trouble.place()}: ${trouble.advice()}`,
      );
    lookAtFaults(found);
    return found;
  }

  function look(): void {
    if (!tell || looking) return;
    looking = true;
    host.after(SILENT_MS, () => {
      looking = false;
      for (const [about, line] of problems()) {
        if (told.has(about)) continue;
        told.add(about);
        if (!trouble.wasTold(about)) tell(line);
      }
      if (watches.size) look();
    });
  }

  problems();
  look();
  return () => [...problems().values()];
}

const silence = (name: string, model: object): string =>
  `model "${name}" is watched and saw no call for ${SILENT_MS / 1000} s: ${
    typeof model === 'function'
      ? 'it is a function, so watch it by anyFunction() and call what that returns'
      : 'predict with the very object that was passed in, by a method that the adapter watches'
  }`;

/** Whether a model of TensorFlow.js runs, and not in the copy that the adapter knows. */
function isElsewhere({ adapter, handle }: Watched): boolean {
  try {
    return (
      adapter.engine === 'tfjs' && adapter.executor(handle.model).backend === 'other' && !adapter.memory()
    );
  } catch {
    return false; // that it fails is told as a fault
  }
}
