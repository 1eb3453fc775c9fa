/**
 * A backend that a model lost on this device (context, device, a result that never came or was wrong), or that did not
 * start in time, is not started for it again for a day; nor is a variant loaded again that did not load in time: a
 * rollback that this install makes by itself, before any collector could.
 */

import type { Host } from '../core/host.js';
import type { MonitorOptions } from '../core/options.js';
import type { Backend } from '../generated/report.js';
import type { Attempt } from './attempts.js';
import { family } from './backend_names.js';
import { keep, recall } from './keeper.js';

const ASIDE_FOR_MS = 24 * 3600 * 1000;
const SAFE = ['wasm', 'cpu'] as const; // no GPU to lose

/** Epoch milliseconds until which it is not started, by model and backend, or by model, backend and variant. */
interface Kept {
  version: number;
  until: Record<string, number>;
}

export interface Aside {
  /** Remembers what a model runs, by the plan of this version; what no plan chose is not ours to set aside. */
  _ran(model: string, attempt: Attempt, version: number | undefined): void;
  /** What a model runs was lost. */
  _lost(model: string): void;
  /** Whether it is set aside for this version. */
  _has(model: string, attempt: Attempt, version: number | undefined): boolean;
  /** An attempt of the plan of this version failed for a reason that would be there on the next visit, too. */
  _put(model: string, attempt: Attempt, version: number | undefined, variantOnly?: boolean): void;
  /**
   * The attempts without what is set aside for this version, and without the backends that are gone for this page
   * life, and without what `isBarred`; if that leaves none that names a backend, wasm and cpu are tried first. What the
   * page would do by itself stays the last.
   */
  _without(
    model: string,
    attempts: Attempt[],
    version: number | undefined,
    gone: readonly Backend[],
    isBarred?: (attempt: Attempt) => boolean,
  ): Attempt[];
}

export function lostBackends(host: Host, { app, backends }: MonitorOptions): Aside {
  const key = `aside:${app}`;
  const running = new Map<string, { attempt: Attempt; version: number }>();
  const nameOf = (model: string, { backend }: Attempt) => `${model} ${backend}`;
  const withVariant = (model: string, attempt: Attempt) => `${nameOf(model, attempt)} ${attempt.variant}`;

  /** What is kept for a version of the config; a new version is a new decision, and starts with a clean slate. */
  function until(version: number | undefined): Kept['until'] {
    const kept = recall<Kept>(host, key);
    return version !== undefined && kept?.version === version && kept.until ? kept.until : {};
  }

  function put(model: string, attempt: Attempt, version: number | undefined, variantOnly?: boolean): void {
    // Without an install id nothing is kept: consent was taken back, or storage is denied.
    if (version === undefined || !attempt.backend || !recall(host, 'install')) return;
    const now = host.epoch();
    const still = Object.entries(until(version)).filter(([, end]) => end > now);
    const name = (variantOnly ? withVariant : nameOf)(model, attempt);
    keep(host, key, {
      version,
      until: { ...Object.fromEntries(still), [name]: now + ASIDE_FOR_MS },
    } satisfies Kept);
  }

  /** Whether an attempt is set aside, by what is kept now. */
  function looker(version: number | undefined): (model: string, attempt: Attempt) => boolean {
    const kept = until(version);
    const now = host.epoch();
    return (model, attempt) => [nameOf, withVariant].some((name) => (kept[name(model, attempt)] ?? 0) > now);
  }

  return {
    _ran(model, attempt, version) {
      if (version === undefined) running.delete(model);
      else running.set(model, { attempt, version });
    },
    _lost(model) {
      const ran = running.get(model);
      if (ran) put(model, ran.attempt, ran.version);
    },
    _has: (model, attempt, version) => looker(version)(model, attempt),
    _put: put,
    _without(model, attempts, version, gone, isBarred = () => false) {
      const isAside = looker(version);
      const isGone = (backend: Backend | undefined) =>
        !!backend && gone.some((each) => family(each) === family(backend));
      const natural = attempts.at(-1);
      const left = attempts.filter(
        (attempt) =>
          attempt === natural || (!isAside(model, attempt) && !isGone(attempt.backend) && !isBarred(attempt)),
      );
      // What the library would pick may well be what was lost.
      const isSuspect = left.length < attempts.length || gone.length || (natural && isBarred(natural));
      return isSuspect && left.length < 2 && natural
        ? [
            ...SAFE.filter((to) => !isGone(to) && (!backends || backends.includes(to)))
              .map((backend): Attempt => ({ ...natural, backend, source: 'fallback' }))
              .filter((attempt) => !isBarred(attempt)),
            natural,
          ]
        : left;
    },
  };
}
