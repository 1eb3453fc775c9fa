/**
 * Which tensors stay, and which lines of the page made them (`leakTrace`): fetched by the share of sessions that is traced. A
 * trace follows what each adapter's library makes for so many predictions, and then takes its hooks off again.
 */

import type { Adapter, Made } from '../core/adapter.js';
import type { LeakTraceOptions } from '../core/options.js';
import type { Page } from '../core/page.js';
import type { LeakSnapshot } from '../core/snapshot.js';
import type { Watch, Watched } from '../core/watch.js';
import type { LeakFrame, LeakSite } from '../generated/report.js';
import { nameOf } from './scripts.js';
import { type Place, placesOf } from './stack.js';
import { type Site, survivors } from './survivors.js';

const PREDICTIONS = 500;
const MOST_PREDICTIONS = 100_000;
const FIRST_LOOK = 60; // then at twice as many, and so on
const MOST_SITES = 8; // the wire's limits, from here on
const MOST_KINDS = 8;
const MOST_FRAMES = 48;
const MOST_FRAMES_A_TRACE = 160; // 9 KB: a report has 16

export interface Traces {
  /** A model came under observation. */
  look(): void;
  /** What is known by now, for a live display. */
  live(): LeakSnapshot[];
  /** Resolves when all that is known by now is in the outbox: places are hashed first, which takes a while. */
  told(): Promise<unknown>;
}

/** What a trace counts of the models of one name. */
interface Traced {
  /** The last that predicted. */
  of: Watched;
  predictions: number;
  loadsBefore: number;
  /** The last look found something: what comes of it is told, too. */
  leaked: boolean;
  live: LeakSnapshot | undefined;
}

/** Starts tracing. @param asked `leakTrace`, when this session is one of its share. */
export function traceLeaks(page: Page, asked: LeakTraceOptions): Traces {
  const most = Math.min(MOST_PREDICTIONS, asked.predictions ?? PREDICTIONS) || PREDICTIONS;
  const traces = new Map<Adapter, ReturnType<typeof trace>>();

  function look(): void {
    for (const [model, watched] of page._watches) {
      const { adapter } = watched;
      const known = traces.get(adapter) ?? trace(page, adapter, most);
      traces.set(adapter, known);
      known.watch(model, watched);
    }
  }

  look();
  return {
    look,
    live: () => [...traces.values()].flatMap((each) => each.live()),
    told: () => Promise.all([...traces.values()].map((each) => each.told())),
  };
}

function trace(page: Page, adapter: Adapter, most: number) {
  const found = survivors();
  const models = new Map<string, Traced>();
  const watched = new WeakSet<object>();
  let made = 0;
  let nextLook = FIRST_LOOK;
  let ended = false;
  let unhook: (() => void) | undefined;
  let telling: Promise<unknown> = Promise.resolve();

  function end(): void {
    ended = true;
    unhook?.();
    unhook = undefined;
  }

  /** Nothing of ours goes into the page: a step that fails is the last one. */
  function guard(step: () => void): void {
    if (ended) return;
    try {
      if (page._enabled()) step();
      else end(); // the monitor was closed, or the visitor said no
    } catch (error) {
      end();
      page.fault(error);
    }
  }

  adapter
    .backends()
    .then((backends) =>
      backends.trace?.({
        born: (id, of: Made, below) => guard(() => found.born(id, of, below)),
        gone: (id) => guard(() => found.gone(id)),
        cleared: () => guard(found.clear),
      }),
    )
    .then((undo) => {
      unhook = undo;
      if (ended || !undo) end();
    })
    .catch((error) => {
      end();
      page.fault(error);
    });

  function begun(of: Watched): void {
    if (!unhook) return;
    const { model } = of.watch._subject;
    const traced: Traced = models.get(model) ?? {
      of,
      predictions: 0,
      loadsBefore: of.watch._tally._loads,
      leaked: false,
      live: undefined,
    };
    models.set(model, traced);
    traced.of = of;
    traced.predictions++;
    found.tick(model);
    const last = ++made >= most || found.full();
    if (last) end();
    if (last || made >= nextLook) {
      nextLook = 2 * made;
      telling = Promise.all([telling, tell(last).catch(page.fault)]);
    }
  }

  /** Puts what is known into the next report. What nobody asked about is told at the end only. */
  async function tell(last: boolean): Promise<void> {
    const sites = found.judge();
    const items = [...models].map(([model, traced]) => {
      const own = sites.filter(({ owner }) => owner === model).slice(0, MOST_SITES);
      const wanted = last || traced.leaked || !!own.length;
      traced.leaked = !!own.length;
      return { traced, own, wanted, ...describe(traced, own) };
    });
    for (const { traced, own, wanted, places, ...item } of items) {
      traced.live = { ...item, sites: own.map((site, i) => ({ ...site, frames: places[i] ?? [] })) };
      if (!wanted) continue;
      const told = await wired(own, places, traced.predictions / made);
      const { watch } = traced.of;
      if (page._enabled())
        page._outbox._add('leak_traces', { ...watch._subject, ...item, at: page.host.epoch(), sites: told });
    }
  }

  function describe({ of, predictions, loadsBefore }: Traced, sites: Site[]) {
    const { model } = of.watch._subject;
    return {
      model,
      backend: adapter.executor(of.handle.model).backend,
      engine: adapter.engine,
      predictions,
      loads: of.watch._tally._loads - loadsBefore,
      places: sites.map(({ stack }) => placesOf(stack)),
    };
  }

  return {
    watch(model: object, of: Watched): void {
      if (ended || watched.has(model)) return;
      watched.add(model);
      hookBegin(of.watch, () => guard(() => begun(of)));
    },
    live: () => [...models.values()].flatMap(({ live }) => live ?? []),
    told: () => telling,
  };
}

/** Has `step` run before each prediction, until the trace ends: it is not the model's time. */
function hookBegin({ _observer: observer }: Watch, step: () => void): void {
  const { begin } = observer;
  observer.begin = () => {
    step();
    return begin();
  };
}

/** Sites as the wire has them; those in no script that can be named are left out. */
async function wired(sites: Site[], places: Place[][], share: number): Promise<LeakSite[]> {
  let room = MOST_FRAMES_A_TRACE;
  const told: LeakSite[] = [];
  for (const [i, { left, predictions }] of sites.entries()) {
    const frames: LeakFrame[] = [];
    for (const { url, line, column } of places[i] ?? []) {
      const script = await nameOf(url);
      if (script) frames.push({ script, line, column });
    }
    // The innermost are the library's own.
    const kept = frames.slice(-Math.min(MOST_FRAMES, room));
    if (!kept.length || room <= 0) continue;
    room -= kept.length;
    const sum = (of: (each: Site['left'][number]) => number) => left.reduce((all, each) => all + of(each), 0);
    told.push({
      predictions: Math.max(1, Math.round(predictions * share)),
      count: sum(({ count }) => count),
      bytes: sum(({ count, bytes }) => count * bytes),
      kinds: left.length,
      tensors: left
        .slice(0, MOST_KINDS)
        .map(({ shape, dtype, count, bytes }) => ({ shape, dtype, count, bytes: count * bytes })),
      frames: kept,
    });
  }
  return told;
}
