/** Loads each model of the page as was chosen for it: all of `load()` but the watching. */

import type { Adapter, Backends } from '../core/adapter.js';
import type { CanaryRun, LoadOptions, LostModel } from '../core/options.js';
import type { Loaded, Page } from '../core/page.js';
import type { Chosen } from '../core/snapshot.js';
import type { Backend, Device } from '../generated/report.js';
import { lostBackends } from './aside.js';
import { type Attempt, ORIGINAL, planFor } from './attempts.js';
import { family, isAsked } from './backend_names.js';
import { type Reference, referenceOf, runAlone, runCanary, type Verdict } from './canary.js';
import { createChoosing } from './choosing.js';
import type { Crumbs } from './crumbs.js';
import { type Handed, handOver } from './handed.js';
import type { Killed } from './killed.js';
import { type Gone, loadByAttempts } from './loading.js';
import { isIntegrity, opener } from './opening.js';
import { createRaces, type Raced } from './racing.js';
import { within } from './time_limit.js';

const CANARY_MS = 3_000;
const BACKENDS_MS = 1_000; // a race, or the winner of one, does not wait longer for the part that starts them

export interface Steering {
  /**
   * Loads a model the way the plan for this device says.
   *
   * @param byHand the page asks for a race.
   * @throws what the page's own `load` threw; nothing else.
   */
  _load<M extends object>(name: string, load: LoadOptions<M>, byHand?: boolean): Promise<Loaded<M>>;
  /** Why a model runs as it does. */
  _chosen(model: object): Chosen;
  /** What loads a model once more, without what was lost; undefined when it was not loaded here. */
  _reloader(model: object): (() => Promise<Loaded<object>>) | undefined;
  /** What a model runs was lost: this page life does without it, and this install for a day. */
  _lost(model: string, adapter: Adapter, kind: LostModel['kind'], backend: Backend): void;
  /** What came of the canary of a model that was loaded here. */
  _verdict(model: object): Promise<Verdict> | undefined;
  /** The right answer of a model that was only wrapped, when `run` is what it is asked by. */
  _reference(model: string, variant: string, run: CanaryRun<never>): Promise<Reference | undefined>;
  /** The collector says which config it has now. */
  _refresh(etag: string): void;
}

export function createSteering(
  page: Page,
  alive: boolean,
  facts: () => Device,
  killed: Killed,
  crumbs: Crumbs,
): Steering {
  const { host, _options: options } = page;
  const aside = lostBackends(host, options);
  const choosing = createChoosing(page, alive, facts, aside);
  const races = createRaces(page, facts, aside, killed, crumbs);
  const choices = new WeakMap<object, Chosen>();
  const steered = new WeakMap<Adapter, Backend>(); // of libraries that have one backend a page
  const lost = new WeakMap<Adapter, Gone[]>();
  const verdicts = new WeakMap<object, Promise<Verdict>>();
  const reloaders = new WeakMap<object, () => Promise<Loaded<object>>>();

  async function load<M extends object>(
    name: string,
    load: LoadOptions<M>,
    { again, byHand }: { again?: boolean; byHand?: boolean | undefined },
  ): Promise<Loaded<M>> {
    const { adapter, check, attemptMs } = load;
    const backends = adapter.backends().catch(() => undefined); // a failure shows when it is needed
    let started: Partial<Backends> = {}; // nobody waits for a part that does not load
    backends.then((known) => {
      started = known ?? {};
    });

    const open = opener(page, name, load.load, () => started);

    async function look() {
      const gone = (lost.get(adapter) ?? []).filter(({ model = name }) => model === name);
      const before = steered.get(adapter);
      const isThere = before && !gone.some(({ backend }) => family(backend) === family(before));
      await killed._known;
      const isBarring = choosing._steers && killed._hasBarred(name);
      // What the page alone decides cannot be taken elsewhere.
      if (isBarring) await within(host, BACKENDS_MS, backends).catch(() => undefined);
      const isBarred = (attempt: Attempt) => isBarring && !started.fixed && killed._isBarred(name, attempt);
      const chosen = await choosing._choose(
        name,
        load,
        // What the page itself forces is its own affair, until it asks for something else. And where another model is
        // steered to by now, the library's own pick is that.
        isThere || (load.override && !again) ? [] : gone.map(({ backend }) => backend),
        isThere ? before : undefined,
        isBarred,
      );
      const mayRace =
        alive &&
        !again &&
        !choosing._isOff() &&
        races._may(name, load, planFor(name, chosen.choice.planned), byHand);
      if (mayRace) await within(host, BACKENDS_MS, backends).catch(() => undefined);
      return { ...chosen, gone, isThere, mayRace };
    }

    let looked = await look();
    // What the page is steered to, and on which backend, is known when that race is over.
    for (let race = races._held(adapter); race; race = races._held(adapter)) {
      await race;
      looked = await look();
    }
    const { choice, gone, isThere } = looked;
    const { planned } = choice;
    const version = planned?.document.version;
    const { canary, canaryMs: waitMs = CANARY_MS } = check ?? {};
    // What a plan could have chosen, whatever chose this time: a forced arm is evidence, too.
    const { _steers: steers } = choosing;
    const isSteerable = () => steers && (!started.fixed || Object.keys(load.variants ?? {}).length > 1);
    const place = looked.mayRace ? choosing._place(name, ' race') : 1;
    const steerable = isSteerable() ? undefined : false;
    const { raced, end } = races._enter(
      adapter,
      looked.mayRace
        ? { ...looked, name, load, open, backends: started, byHand, place, steerable }
        : undefined,
    );
    let handed: Handed<M> | undefined;
    const crumb = {};
    let inHand: { model: M; backend: Backend } | undefined;
    try {
      const { attempts, kept, item }: Raced<M> = (await raced) ?? looked;
      handed = handOver(open, kept);
      const loaded = await loadByAttempts(page, {
        adapter,
        attempts,
        open: handed.open,
        attemptMs,
        gone,
        verify: canary
          ? {
              // Nobody knows when a page that is predicting will pause.
              waitMs: (model) => (started.inUse?.(model) === 'busy' ? 0 : waitMs),
              start(model, isOut, { variant }) {
                const reference = referenceOf(name, variant, planned, canary);
                if (!reference) return undefined;
                return runAlone(
                  host,
                  {
                    // A run may be older than the part that sees runs, but not than its observation.
                    inUse: (of) =>
                      started.inUse?.(of) ?? (started.alone && page._waits.size ? 'pending' : undefined),
                    alone: started.alone,
                  },
                  () => runCanary(page, () => canary(model), reference, options.hangMs),
                  () => (isOut() ? undefined : model),
                );
              },
            }
          : undefined,
        step: ({ variant, backend: named }, phase, running) =>
          crumbs._step(crumb, {
            model: name,
            variant: variant === ORIGINAL ? undefined : variant,
            steerable: isSteerable() ? undefined : false,
            backend: named && phase !== 'first_prediction' ? named : running(),
            named: !!named,
            phase,
          }),
        onGivenUp(attempt, backend, { kind, error, late }) {
          const subject = {
            model: name,
            variant: attempt.variant === ORIGINAL ? undefined : attempt.variant,
          };
          // An error of its own may be gone on the next visit: the network's, say.
          const isCorrupt = isIntegrity(error);
          if (late || isCorrupt || kind !== 'fallback')
            aside._put(name, attempt, version, isCorrupt || (late === 'load' && !attempt.own));
          if (attempt.source === 'race') races._forget(name);
          page._raise(subject, backend, kind, kind === 'fallback' ? page._errorName(error) : undefined);
        },
      });
      const { attempt, backend, model, verdict } = loaded;
      if (attempt.backend && !isThere && !started.perModel) steered.set(adapter, backend);
      choices.set(model, {
        probability: attempt.probability,
        config_version: version,
        device_class: planned?.document.device_class,
        fallbacks: loaded.load.fallbacks,
        race: item,
      });
      aside._ran(name, attempt, version);
      reloaders.set(model, () => reload(name, load));
      if (verdict) verdicts.set(model, verdict);
      inHand = { model, backend };
      return {
        model,
        variant: attempt.variant,
        source: !again && isAsked(backend, attempt.backend) ? attempt.source : 'fallback',
        probability: attempt.probability,
        steerable: isSteerable() ? undefined : false,
        load: handed.item(model, loaded.load),
        check: check as Loaded<M>['check'],
      };
    } finally {
      crumbs._end(crumb, inHand?.model, inHand?.backend);
      end();
      handed?.end()?.catch(page.fault);
    }
  }

  const reload = <M extends object>(name: string, options: LoadOptions<M>) =>
    load(name, options, { again: true });

  return {
    _load: (name, options, byHand) => load(name, options, { byHand }),
    _chosen: (model) => choices.get(model) ?? {},
    _reloader: (model) => reloaders.get(model),
    _lost(model, adapter, kind, backend) {
      aside._lost(model);
      races._forget(model);
      const known = lost.get(adapter) ?? [];
      const gone: Gone = { backend, model: /_lost$/.test(kind) ? undefined : model };
      // One device is lost once, for all of its models.
      if (!known.some((one) => !one.told && one.backend === backend && one.model === gone.model))
        lost.set(adapter, [...known, gone]);
    },
    _verdict: (model) => verdicts.get(model),
    _reference: async (model, variant, run) => referenceOf(model, variant, await choosing._plan(model), run),
    _refresh: choosing._refresh,
  };
}
