/**
 * Races the ways to run a model on this very device: each starts its backend, loads, makes a first prediction and a
 * handful of warm ones on the page's reference input. A file of its own, fetched when a race is due.
 */

import type { Host } from '../core/host.js';
import type { LoadItem } from '../core/watch.js';
import type { Backend, RaceResult } from '../generated/report.js';
import { isAlike, majority, type Values } from './agreement.js';
import type { Attempt } from './attempts.js';
import type { Start } from './loading.js';

const WARM_RUNS = 5;
const LEAST_RUNS = 3; // of which a median means something
/** One that costs so many times another, by its start alone or with its first warm run, wins no more. */
const HOPELESS = 2;
/** One that costs so many times another is known well enough after the fewest runs. */
const BEHIND = 1.25;
const ASIDE_MS = 50; // for what a race does not wait longer for

/** What the lazily loaded part lends: a file that both imported would be one more to fetch. */
export interface Track<M extends object> {
  host: Host;
  /** In the order that they run. */
  racers: readonly Attempt[];
  /** What the page would run without a race: its model is kept until the end. */
  drawn: Attempt | undefined;
  budgetMs: number;
  /** What a millisecond of starting weighs against one of a warm prediction. */
  startWeight: number;
  /** When the budget began, on the monotonic clock. */
  began: number;
  start(attempt: Attempt, mostMs: number): Promise<Start>;
  /** By the page's own `load`. */
  open(attempt: Attempt): Promise<M>;
  /** One prediction on the reference input, until its values are there, and how long it took. */
  run(model: M): Promise<{ values: Values; ms: number }>;
  running(model: M): Backend;
  /** Whether it tells how to let go of it: otherwise none is made in vain. */
  canDispose(model: M): boolean;
  dispose(model: M): Promise<void>;
  /** Nobody saw the page for a while, or it slept: its times say nothing. */
  unseen(): unknown;
  within<T>(host: Host, ms: number, started: PromiseLike<T> | T): Promise<T>;
  isLate(error: unknown): boolean;
  isAsked(running: Backend, asked: Backend | undefined): boolean;
  /** Whether it gave the right answer; undefined where nobody knows that. */
  agrees(lane: Pick<Lane<M>, 'attempt' | 'values'>): boolean | undefined;
  downloadOf(url: string, since: number): Partial<LoadItem>;
  round(ms: number): number;
  fault(error: unknown): void;
}

/** One way to run the model. */
export interface Lane<M extends object> {
  attempt: Attempt;
  result: RaceResult;
  /** Its model, perhaps on its way; undefined when there is none, or it was let go of. */
  loading?: Promise<M> | undefined;
  /** Its last prediction, which may not have ended. */
  running?: Promise<unknown>;
  values?: Values;
  /** What the page's load item says when it is handed this model. */
  load: Partial<LoadItem>;
}

export interface Raced<M extends object> {
  /** Empty when it says nothing. */
  results: RaceResult[];
  /** Position in the results. */
  winner: number | undefined;
  /** The winner, or without one what the page would have run; undefined when that is to be loaded anew. */
  kept: Lane<M> | undefined;
  /** Their output disagrees. */
  wrong: Lane<M>[];
  /** Nobody saw it: another visit may race. */
  unseen: boolean;
}

/** Rejects with a fault of ours only. */
export async function race<M extends object>(track: Track<M>): Promise<Raced<M>> {
  const { host, within, round } = track;
  const lanes: Lane<M>[] = [];
  const costOf = ({ result }: Lane<M>) =>
    (result.ready_ms ?? 0) +
    track.startWeight * ((result.start_ms ?? 0) + (result.load_ms ?? 0) + (result.first_ms ?? 0));
  let best: Lane<M> | undefined;
  let unseen = false;
  let useless = false; // models that cannot be let go of
  const left = () => {
    unseen ||= !!track.unseen(); // a page that hides midway ends it there
    return unseen || useless ? 0 : track.budgetMs - (host.now() - track.began);
  };

  for (const attempt of track.racers) {
    const { backend = 'other', variant } = attempt;
    const lane: Lane<M> = { attempt, result: { backend, variant, outcome: 'late', runs: 0 }, load: {} };
    lanes.push(lane);
    if (left() <= 0) continue;
    try {
      await measure(lane);
    } catch (error) {
      if (!track.isLate(error)) lane.result.outcome = 'failed';
    }
    if (lane.result.outcome === 'measured' && !(best && costOf(best) <= costOf(lane))) best = lane;
    await clear((each) => each === best || isDrawn(each));
  }

  left(); // the last one may have been the one that nobody saw
  const given = lanes.filter(({ values }) => values);
  const verdicts = given.map(isRight);
  const wrong = given.filter((_, i) => verdicts[i] === false);
  for (const { result } of wrong) result.outcome = 'wrong';
  const winner = unseen || useless ? undefined : fastest();
  const kept = winner ?? lanes.find(isDrawn);
  await clear((each) => each === kept);
  return {
    results: unseen || useless ? [] : lanes.map(({ result }) => result),
    winner: winner && lanes.indexOf(winner),
    kept: kept?.loading && kept,
    wrong,
    unseen,
  };

  async function measure(lane: Lane<M>): Promise<void> {
    const { attempt, result, load } = lane;
    load.at = host.epoch();
    const theirs = lanes.length < track.racers.length ? left() / 2 : 0;
    const started = await track.start(attempt, left());
    if ('error' in started) throw started.error;
    if (started.ms !== undefined) result.start_ms = load.backend_init_ms = round(started.ms);
    const since = host.now();
    lane.loading = track.open(attempt).then((model) => {
      result.load_ms = load.load_ms = round(host.now() - since);
      Object.assign(load, track.downloadOf(attempt.url, since));
      return model;
    });
    const model = await within(host, left(), lane.loading);
    useless = !track.canDispose(model);
    const first = await run(lane, model);
    if (!first) return;
    const running = track.running(model);
    if (!track.isAsked(running, attempt.backend?.split('-')[0] as Backend)) throw new Error(running);
    result.backend = running;
    lane.values = Float64Array.from(first.values);
    if (!lane.values.length) throw new TypeError();
    result.first_ms = load.first_prediction_ms = round(first.ms);
    if (track.agrees(lane) === false) return;
    await warm(lane, model, lane.values, theirs);
  }

  /** @param theirs what of the time is left for those after this one, unless it needs that to be measured at all. */
  async function warm(lane: Lane<M>, model: M, values: Values, theirs: number): Promise<void> {
    const { result } = lane;
    const times: number[] = [];
    // Held only against one that answers the same: what is fast and wrong must not stop the others.
    const isBehind = (factor: number) =>
      lanes.some(
        (other) =>
          other.result.outcome === 'measured' &&
          costOf(lane) > factor * costOf(other) &&
          isAlike(other.values ?? [], values),
      );
    for (;;) {
      const runs = times.length;
      if (runs < 2 && isBehind(HOPELESS)) result.outcome = 'hopeless';
      if (runs >= LEAST_RUNS) result.outcome = 'measured';
      if (result.outcome !== 'late' && (runs < 2 || runs >= WARM_RUNS || left() < theirs || isBehind(BEHIND)))
        return;
      if (runs === 1 && (times[0] as number) * (LEAST_RUNS - 1) > left()) return;
      const each = await run(lane, model);
      if (!each) return;
      times.push(each.ms);
      times.sort((a, b) => a - b);
      result.runs = times.length;
      result.ready_ms = round(times[times.length >> 1] as number);
    }
  }

  /** undefined when the time is over: a model that computes on this very thread is not stopped by a timer. */
  async function run(lane: Lane<M>, model: M) {
    if (left() <= 0) return;
    const running = track.run(model);
    lane.running = running;
    return within(host, left(), running);
  }

  /**
   * Held against the reference, or else against what most ways to run the same variant answer: another variant may differ
   * by right. One that has its variant for itself is right with the most of all, and wrong by nobody's word.
   */
  function isRight(lane: Lane<M>): boolean | undefined {
    const { attempt, values = [] } = lane;
    const known = track.agrees(lane);
    if (known !== undefined) return known;
    const peers = given.filter((other) => other.attempt.variant === attempt.variant);
    const most = majority(peers.length > 1 ? peers : given, (lane) => lane.values ?? []);
    return most?.some((lane) => lane.values === values) || (most && peers.length > 1 ? false : undefined);
  }

  /** Of two at least, for one that was held against none has not won; and nobody has when the fastest may be wrong. */
  function fastest(): Lane<M> | undefined {
    if (lanes.filter(({ result }) => result.outcome !== 'late').length < 2) return;
    const [first] = lanes
      .filter(({ result }) => result.outcome === 'measured')
      .sort((a, b) => costOf(a) - costOf(b));
    return first && verdicts[given.indexOf(first)] ? first : undefined;
  }

  function isDrawn({ attempt, result }: Lane<M>): boolean {
    const { backend, url } = track.drawn ?? {};
    return attempt.backend === backend && attempt.url === url && !/failed|wrong/.test(result.outcome);
  }

  /** Lets go of all models but those; where something of theirs is still under way, when that has ended. */
  async function clear(isKept: (lane: Lane<M>) => boolean): Promise<void> {
    for (const lane of lanes) {
      const { loading, running, result } = lane;
      if (!loading || isKept(lane)) continue;
      lane.loading = undefined;
      const gone = Promise.allSettled([loading, running])
        .then(([loaded]) => (loaded.status === 'fulfilled' ? track.dispose(loaded.value) : undefined))
        .catch(track.fault);
      if (result.outcome !== 'late')
        await within(host, Math.max(left(), ASIDE_MS), gone).catch(() => undefined);
    }
  }
}
