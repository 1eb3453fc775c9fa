/**
 * A backend that a model lost on this device (context, device, or a result that never came) is not started for it
 * again for a day: a rollback that this install makes by itself, before any collector could.
 */

import type { Host } from '../core/host.js';
import type { MonitorOptions } from '../core/options.js';
import type { Subject } from '../core/watch.js';
import type { Attempt } from './attempts.js';
import { keep, recall } from './keeper.js';

const ASIDE_FOR_MS = 24 * 3600 * 1000;
const SAFE = ['wasm', 'cpu'] as const; // no GPU to lose

/** Epoch milliseconds until which it is not started, by model and backend. */
interface Kept {
  version: number;
  until: Record<string, number>;
}

export interface Aside {
  /** Remembers what a model runs, by the plan of this version; what no plan chose is not ours to set aside. */
  _ran(subject: Subject, attempt: Attempt, version: number | undefined): void;
  /** What a model runs was lost. */
  _lost(subject: Subject): void;
  /** The attempts without backends that were lost; if that leaves none that names one, wasm and cpu are tried first. */
  _without(model: string, attempts: Attempt[], version: number): Attempt[];
}

export function lostBackends(host: Host, { app, backends }: MonitorOptions): Aside {
  const key = `aside:${app}`;
  const running = new Map<string, { name: string; version: number }>();
  const nameOf = (model: string, { backend }: Attempt) => `${model} ${backend}`;

  /** What is kept for a version of the config; a new version is a new decision, and starts with a clean slate. */
  function until(version: number): Kept['until'] {
    const kept = recall<Kept>(host, key);
    return kept?.version === version && kept.until ? kept.until : {};
  }

  return {
    _ran({ model }, attempt, version) {
      if (version === undefined || !attempt.backend) running.delete(model);
      else running.set(model, { name: nameOf(model, attempt), version });
    },
    _lost({ model }) {
      const ran = running.get(model);
      if (!ran) return;
      const now = host.epoch();
      const still = Object.entries(until(ran.version)).filter(([, end]) => end > now);
      keep(host, key, {
        version: ran.version,
        until: { ...Object.fromEntries(still), [ran.name]: now + ASIDE_FOR_MS },
      } satisfies Kept);
    },
    _without(model, attempts, version) {
      const kept = until(version);
      const now = host.epoch();
      const left = attempts.filter((attempt) => !((kept[nameOf(model, attempt)] ?? 0) > now));
      const natural = left.at(-1);
      // What the library would pick may well be what was lost.
      return left.length < attempts.length && left.length < 2 && natural
        ? [
            ...SAFE.filter((to) => !backends || backends.includes(to)).map((backend) => ({
              ...natural,
              backend,
            })),
            natural,
          ]
        : left;
    },
  };
}
