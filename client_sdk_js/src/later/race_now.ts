/** One race, from fetching the part that runs it to its report, with the page's backend as it was unless something won. */

import type { LoadOptions } from '../core/options.js';
import type { Page } from '../core/page.js';
import type { Backend, ErrorName, IncidentKind, Race } from '../generated/report.js';
import type { Aside } from './aside.js';
import { type Attempt, ORIGINAL, planFor } from './attempts.js';
import { isAsked } from './backend_names.js';
import { isBatteryLow } from './battery.js';
import { agrees, referenceOf, runAlone } from './canary.js';
import type { Crumbs, Phase } from './crumbs.js';
import { MOST_BUDGET_MS } from './document.js';
import { downloadOf } from './download.js';
import type { Entrant } from './entrant.js';
import { dispose, freeing, round, startBackend } from './loading.js';
import { isIntegrity } from './opening.js';
import type { Lane } from './race.js';
import { Late, within } from './time_limit.js';

const BUDGET_MS = 1_500;
const SLEPT_MS = 60_000; // over its budget: no prediction holds a thread for so long
const RESTORE_MS = 20_000; // as long as a backend may take to start

export interface Outcome<M extends object> {
  winner?: Attempt | undefined;
  /** The attempts without a race, but for what turned out to be wrong. */
  left: Attempt[];
  /** It came to its end, with a winner or not: there is no need of another one. */
  seen?: boolean;
  kept?: Lane<M> | undefined;
  item?: Race | undefined;
}

/** What runs the model on the reference input, if the page gave any. */
export const runOf = <M extends object>({ race, check }: LoadOptions<M>) =>
  (race ? race.run : undefined) ?? check?.canary;

/** Never rejects. */
export async function raceNow<M extends object>(
  page: Page,
  aside: Aside,
  crumbs: Crumbs,
  { name, load, open, choice, attempts, backends, gone, byHand, steerable }: Entrant<M>,
  racers: Attempt[],
): Promise<Outcome<M>> {
  const { host, fault, _outbox: outbox } = page;
  const { adapter } = load;
  const plan = planFor(name, choice.planned);
  const version = choice.planned?.document.version;
  const { run: given, budgetMs: asked = plan?.race?.budget_ms ?? BUDGET_MS } = load.race || {};
  const budgetMs = Math.round(Math.max(0, Math.min(asked, MOST_BUDGET_MS))) || 0;
  const at = host.epoch();
  const began = host.now();
  const running = (model: M): Backend => adapter.executor(model).backend;
  const raise = ({ variant }: Attempt, ...what: [Backend, IncidentKind, ErrorName?]) =>
    page._raise({ model: name, variant: variant === ORIGINAL ? undefined : variant, steerable }, ...what);
  const restore = backends.restorer?.();
  const crumb = {};
  /** What the page may not survive: of the arm that runs now. */
  let arm: Attempt | undefined;
  const step = (phase: Phase) =>
    crumbs._step(crumb, {
      model: name,
      variant: arm?.variant === ORIGINAL ? undefined : arm?.variant,
      steerable,
      backend: arm?.backend ?? 'other',
      named: true,
      phase,
    });
  let winner: Attempt | undefined;
  try {
    if (await isBatteryLow(host)) return { left: attempts };
    const { race } = await within(host, budgetMs, import('./race.js'));
    const outcome = await race<M>({
      host,
      racers,
      drawn: attempts[0],
      budgetMs,
      startWeight: plan?.race?.start_weight ?? 0,
      began,
      async start(attempt, mostMs) {
        arm = attempt;
        await step('start');
        return startBackend(host, adapter, attempt, gone, () => adapter.executor().backend, fault, mostMs);
      },
      async open(attempt) {
        try {
          await step('load');
          return await open(attempt);
        } catch (error) {
          if (isIntegrity(error)) {
            aside._put(name, attempt, version, true);
            raise(attempt, attempt.backend ?? 'other', 'fallback', page._errorName(error));
          }
          throw error;
        }
      },
      async run(model) {
        await step('first_prediction');
        const check = async () => {
          const since = host.now();
          // It waited for a pause of the page for too long: the page has another model by now.
          if (since - began >= budgetMs) throw new Late();
          const values = (await runOf(load)?.(model)) ?? [];
          return { values, ms: host.now() - since };
        };
        const ran = await runAlone(host, backends, check, () => model);
        if (ran === 'not_run') throw new Late();
        return ran;
      },
      running,
      canDispose: (model) => !!freeing(model),
      dispose,
      // Nothing looks out for sleep while no result is waited for.
      unseen: () => page._unseen(began) || host.now() - began > budgetMs + SLEPT_MS,
      within,
      isLate: (error) => error instanceof Late,
      isAsked,
      agrees({ attempt: { variant }, values }) {
        // Of another input than the canary's nobody knows the right answer.
        const reference =
          given && !given.id ? undefined : referenceOf(name, variant, choice.planned, runOf(load));
        return reference && agrees(values ?? [], reference);
      },
      downloadOf,
      round,
      fault,
    });
    const { results, kept, wrong, unseen } = outcome;
    const isWrong = wrong.map(({ attempt, result: { backend } }) => {
      aside._put(name, attempt, version);
      raise(attempt, backend, 'wrong_output');
      return backend;
    });
    const left = isWrong.length ? aside._without(name, attempts, version, isWrong) : attempts;
    if (!results.length) return { left, kept, seen: !unseen };
    winner = racers[outcome.winner ?? -1];
    const item = {
      model: name,
      steerable,
      engine: adapter.engine === 'tfjs' ? undefined : adapter.engine,
      at,
      asked: byHand ? 'page' : 'plan',
      budget_ms: budgetMs,
      spent_ms: round(host.now() - began),
      input: given ? 'given' : 'canary',
      results,
      winner: outcome.winner,
    } as Race;
    if (page._enabled()) outbox._add('races', item);
    return { winner, left, kept, seen: true, item };
  } catch (error) {
    if (!(error instanceof Late)) fault(error, name); // that its file is slow is no fault
    return { left: attempts };
  } finally {
    crumbs._end(crumb);
    // As it was: a page without a winner has what it would have had without a race.
    if (!winner) await within(host, RESTORE_MS, restore?.()).catch(fault);
  }
}
