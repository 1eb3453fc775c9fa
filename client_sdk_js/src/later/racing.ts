/** Whether a model is raced before the page gets it, in turn with others, and what comes of it. */

import type { Adapter, Backends } from '../core/adapter.js';
import type { LoadOptions } from '../core/options.js';
import type { Page } from '../core/page.js';
import type { ModelPlan } from '../generated/config.js';
import type { Device, Race } from '../generated/report.js';
import type { Aside } from './aside.js';
import { type Attempt, listRacers, planFor } from './attempts.js';
import { family, isAsked } from './backend_names.js';
import type { Crumbs } from './crumbs.js';
import { NAME } from './document.js';
import type { Entrant } from './entrant.js';
import { recall } from './keeper.js';
import type { Killed } from './killed.js';
import type { Lane } from './race.js';
import { raceNow, runOf } from './race_now.js';
import { raceWinners } from './winners.js';

const LOW_MEMORY_GB = 2;
const LAST_LOAD_MS = 5_000; // the page's own may take for ever, and others of its library must not wait so long
const MOST_RACES = 8; // the wire's limit for one report, and enough for a page life

/** Loads that race, by the adapter whose other loads wait for them: of all monitors of the page. */
const held = new WeakMap<Adapter, Promise<unknown>>();
/** Loads of an adapter between their choice and their end: nothing is raced beside them. */
const under = new WeakMap<Adapter, number>();
/** Two races at once would slow each other. */
let turn: Promise<unknown> = Promise.resolve();

/** What to go by after a race, or without one. */
export interface Raced<M extends object> {
  attempts: Attempt[];
  /** Its model is there already, or on its way. */
  kept?: Lane<M> | undefined;
  item?: Race | undefined;
}

export interface Entered<M extends object> {
  /** Never rejects. */
  raced: Promise<Raced<M>> | undefined;
  /** The load is over. */
  end(): void;
}

export interface Races {
  /** Resolves when the race of this adapter has ended; undefined when there is none. */
  _held(adapter: Adapter): Promise<unknown> | undefined;
  /** Whether a load may have to do with races at all. */
  _may(
    name: string,
    load: Pick<LoadOptions<never>, 'race' | 'override'>,
    plan: ModelPlan | undefined,
    byHand: boolean | undefined,
  ): boolean;
  /**
   * A load of this adapter goes on. Its `entrant`, if races are its affair, goes by the winner of an earlier race, races now,
   * or keeps its attempts.
   */
  _enter<M extends object>(adapter: Adapter, entrant: Entrant<M> | undefined): Entered<M>;
  /** What won on this device was lost, or did not start. */
  _forget(name: string): void;
}

export function createRaces(
  page: Page,
  facts: () => Device,
  aside: Aside,
  killed: Killed,
  crumbs: Crumbs,
): Races {
  const { host, fault, _options: options } = page;
  const winners = raceWinners(host, options.app);
  const raced = new Set<string>();

  /** What a race says something about: it holds until one of these changes. */
  function conditions({ engine }: Adapter, { version }: Partial<Backends>): string {
    const { browser, browser_major } = facts();
    return [options.release ?? '', engine, version ?? '', browser, browser_major].join(' ');
  }

  /** Whether the visitor's device is to be left alone. */
  function isSpared(): boolean {
    const { connection } = (globalThis.navigator ?? {}) as { connection?: { saveData?: boolean } };
    const { memory_gb: memory = 0 } = facts();
    return !!host.hidden() || !!connection?.saveData || (memory > 0 && memory <= LOW_MEMORY_GB);
  }

  /** Whether something of the page's would see the backends change. */
  function isInUse<M extends object>({ load, choice, backends, byHand }: Entrant<M>): boolean {
    const { adapter } = load;
    if (under.get(adapter)) return true;
    if (backends.perModel) return backends.inUse?.() === 'busy';
    const isWatched = [...page._watches.values()].some((watched) => watched.adapter === adapter);
    // Tensors may be those of a model that nobody told us of.
    const holds = !byHand && adapter.executor().backend !== 'other' && !!adapter.memory()?.tensors;
    return !!choice.steered || isWatched || holds;
  }

  function isDue<M extends object>(entrant: Entrant<M>): boolean {
    const { name, load, choice, byHand, place } = entrant;
    if (!runOf(load)) {
      if (byHand && page._dev)
        console.warn(`inferfleet: ${name} is not raced, for it has neither race.run nor check.canary`);
      return false;
    }
    // Whoever cannot remember a winner would race on every visit, and what nobody is told of teaches nothing.
    const mayDraw = page._enabled() && !!recall(host, 'install');
    return (
      (byHand || (mayDraw && place < (planFor(name, choice.planned)?.race?.share ?? 0))) &&
      NAME.test(name) &&
      !raced.has(name) &&
      raced.size < MOST_RACES &&
      !isSpared() &&
      !isInUse(entrant)
    );
  }

  /** The attempts with this one before them. */
  function first(wins: Attempt, attempts: Attempt[]): Attempt[] {
    const { backend, variant } = wins;
    return [
      wins,
      ...attempts
        .filter((each) => each.backend !== backend || each.variant !== variant)
        .map((each): Attempt => ({ ...each, source: 'fallback' })),
    ];
  }

  /** @param hold is called at once when there is a race, so that no load begins meanwhile; what it returns ends that. */
  async function run<M extends object>(entrant: Entrant<M>, hold: () => () => void): Promise<Raced<M>> {
    const { name, load, choice, attempts, backends, gone, byHand } = entrant;
    const { racers, allowed } = listRacers(name, choice, backends.offers?.() ?? []);
    const version = choice.planned?.document.version;
    const canRun = (attempt: Attempt) =>
      !aside._has(name, attempt, version) &&
      !killed._isBarred(name, attempt) &&
      // What the page alone decides is no failure of the others.
      (!backends.fixed || isAsked(load.adapter.executor().backend, attempt.backend)) &&
      !gone.some(({ backend }) => family(backend) === family(attempt.backend ?? 'other'));
    const now = conditions(load.adapter, backends);
    const won = winners._of(name, now);
    // That nobody won a race of the plan's, in its budget, does not keep the page from one of its own.
    if (won && (won.backend || won.byHand || !byHand)) {
      const wins = allowed.find(
        (each) => each.backend === won.backend && each.variant === won.variant && canRun(each),
      );
      const fits = !choice.steered || (wins && isAsked(choice.steered, wins.backend));
      return { attempts: wins && fits ? first(wins, attempts) : attempts };
    }
    // A race tries on a visitor's device what nobody needs: once is enough there.
    const running = racers.filter((each) => canRun(each) && !killed._isBarred(name, each, 1));
    if (running.length < 2 || !isDue(entrant)) return { attempts };
    raced.add(name);
    const release = hold();
    const result = turn.then(async () => {
      const { winner, left, seen, kept, item } = await raceNow(page, aside, crumbs, entrant, running);
      if (seen) winners._keep(name, now, { backend: winner?.backend, variant: winner?.variant, byHand });
      return { attempts: winner ? first(winner, left) : left, kept, item };
    });
    turn = result.catch(() => undefined);
    try {
      return await result;
    } finally {
      host.after(LAST_LOAD_MS, release);
    }
  }

  function enter<M extends object>(adapter: Adapter, entrant: Entrant<M> | undefined): Entered<M> {
    let release = (): void => undefined;
    const hold = () => {
      held.set(
        adapter,
        new Promise((resolve) => {
          release = () => {
            held.delete(adapter);
            resolve(undefined);
            release = () => undefined;
          };
        }),
      );
      return () => release();
    };
    const raced =
      entrant &&
      run(entrant, hold).catch((error) => {
        fault(error, entrant.name);
        return { attempts: entrant.attempts };
      });
    under.set(adapter, (under.get(adapter) ?? 0) + 1);
    return {
      raced,
      end() {
        under.set(adapter, (under.get(adapter) ?? 1) - 1);
        release();
      },
    };
  }

  return {
    _held: (adapter) => held.get(adapter),
    _enter: enter,
    _may: (name, load, plan, byHand) =>
      options.race !== false &&
      load.race !== false &&
      !load.override &&
      (byHand || !!plan?.race?.share || winners._has(name)),
    _forget: winners._forget,
  };
}
