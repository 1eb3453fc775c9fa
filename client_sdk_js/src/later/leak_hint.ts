/**
 * Tells the developer on the console which model leaks, once. Only in development (`dev`): it looks at the engine's
 * memory before each prediction, which is what the core does too, and judges at 64, 128, 256 ... predictions.
 */

import type { Adapter } from '../core/adapter.js';
import type { Page } from '../core/page.js';
import { type Growth, growthWatch } from './growth.js';

const WARM_UP = 5; // as in core/watch.ts
const LEAST_ALONE = 16; // predictions with no other model in between, to judge a model by them

interface Tally {
  name: string;
  /** Models of this name so far, since the looking began. */
  loads: number;
  /** Predictions since it came, and since the looking began. */
  made: number;
  counted: number;
  /** Intervals to its own next prediction, and the tensors that they added. */
  alone: number;
  added: number;
  /** Each takes the looking off one model. */
  unhooks: (() => void)[];
}

/** All models of one engine, which counts tensors for all of them together. */
interface Engine {
  models: Map<object, Tally>;
  /** By name: a model that is loaded anew goes on where the last one was. */
  tallies: Map<string, Tally>;
  growth: ReturnType<typeof growthWatch>;
  last: { tally: Tally; tensors: number } | undefined;
}

/** Starts looking. Returns what is to be called when a model comes under observation. */
export function leakHints(page: Page): () => void {
  const engines = new Map<Adapter, Engine>();
  const told = new Set<string>(); // names: once is enough, whichever model of the name comes next

  function restart(engine: Engine): void {
    engine.growth = growthWatch();
    engine.last = undefined;
    for (const tally of engine.tallies.values()) tally.counted = tally.alone = tally.added = tally.loads = 0;
  }

  function note(engine: Engine, tally: Tally, adapter: Adapter): void {
    const memory = page._enabled() && adapter.memory();
    if (!memory) return;
    // Weights come and go with models: what was seen before says nothing then. Not so when the page loads one anew.
    for (const model of engine.models.keys()) if (!page._watches.has(model)) engine.models.delete(model);
    const here = new Set(engine.models.values());
    let fewer = false;
    for (const each of engine.tallies.values()) if (!here.has(each)) fewer = engine.tallies.delete(each.name);
    if (fewer || tally.made++ < WARM_UP) {
      restart(engine);
      return;
    }
    const { tensors, bytes } = memory;
    const { last } = engine;
    if (last?.tally === tally) {
      tally.alone++;
      tally.added += tensors - last.tensors;
    }
    tally.counted++;
    engine.last = { tally, tensors };
    const growth = engine.growth._add(page.host.now(), tensors, bytes);
    if (!growth) return;
    for (const { unhooks } of engine.tallies.values()) for (const unhook of unhooks) unhook();
    for (const name of engine.tallies.keys()) told.add(name);
    for (const hint of hints(growth, [...engine.tallies.values()])) console.warn(hint);
  }

  function look(): void {
    for (const [model, { watch, adapter }] of page._watches) {
      const engine: Engine = engines.get(adapter) ?? {
        models: new Map(),
        tallies: new Map(),
        growth: growthWatch(),
        last: undefined,
      };
      engines.set(adapter, engine);
      if (engine.models.has(model) || told.has(watch._subject.model)) continue;
      const { _observer: observer, _subject: subject } = watch;
      const { begin } = observer;
      const known = engine.tallies.get(subject.model);
      const tally: Tally = known ?? {
        name: subject.model,
        loads: 0,
        made: watch._made,
        counted: 0,
        alone: 0,
        added: 0,
        unhooks: [],
      };
      let ended = false;
      const unhook = () => {
        ended = true;
        if (observer.begin === hooked) observer.begin = begin; // or somebody came after us
      };
      tally.unhooks.push(unhook);
      tally.loads++;
      engine.tallies.set(tally.name, tally);
      const hooked = () => {
        try {
          if (!ended) note(engine, tally, adapter); // first: it is not the model's time
        } catch (error) {
          unhook();
          page.fault(error, tally.name);
        }
        return begin();
      };
      observer.begin = hooked;
      engine.models.set(model, tally);
      if (!known) restart(engine);
    }
  }

  look();
  return look;
}

/**
 * What to say, of which model. The engine's count does not tell whose a tensor is: among several models, those whose
 * own consecutive predictions explain a good part of the growth are named; else those that never ran alone, together.
 */
export function hints(
  growth: Growth,
  tallies: (Pick<Tally, 'name' | 'counted' | 'alone' | 'added'> & { loads?: number })[],
): string[] {
  const ran = tallies.filter(({ counted }) => counted);
  const [only] = ran;
  if (ran.length < 2) return only ? [hint(only.name, growth.tensors, growth, only.loads)] : [];
  const knowable = ran.filter(({ alone }) => alone >= LEAST_ALONE);
  const culprits = knowable.filter(
    ({ counted, alone, added }) => (added / alone) * counted >= growth.total / 4,
  );
  if (culprits[0])
    return culprits.map(({ name, alone, added, loads }) => hint(name, added / alone, growth, loads));
  const unknown = ran.filter((each) => !knowable.includes(each));
  const [first, ...others] = unknown.length ? unknown : ran;
  if (!first) return [];
  const rate = growth.total / first.counted;
  if (!others.length) return [hint(first.name, rate, growth, first.loads)];
  const names = [first, ...others].map(({ name }) => name).join(' or ');
  return [hint(`${names} (they run in turn, so it cannot be told which)`, rate, growth)];
}

const LEAST_LOADS = 4;

function hint(
  who: string,
  tensors: number,
  { tensors: all, bytes, total, predictions }: Growth,
  loads = 0,
): string {
  const kib = ((bytes / all) * tensors) / 1024;
  const size = kib >= 1024 ? `${(kib / 1024).toFixed(1)} MiB` : `${kib.toFixed(kib < 10 ? 1 : 0)} KiB`;
  // A library that does not count bytes (`any({ frees })`) has no tidy() either.
  const [about, remedy] = bytes
    ? [
        ` (about ${size})`,
        'Wrap the call in tf.tidy(), or dispose() of what it returns and of the input that you made for it.',
      ]
    : ['', 'Free what it returns.'];
  return (
    `inferfleet: ${who} leaks ${tensors.toFixed(tensors < 0.95 ? 2 : 1)} tensors per prediction${about} since ` +
    `prediction ${WARM_UP}: ${total} in the last ${predictions} predictions. ` +
    (loads < LEAST_LOADS
      ? remedy
      : `It was loaded ${loads} times meanwhile: load it once, or dispose() of each one that you are done with.`)
  );
}
