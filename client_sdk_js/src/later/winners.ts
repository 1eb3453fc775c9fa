/** Which backend and variant won a model's last race on this device, kept until the device may have changed. */

import type { Host } from '../core/host.js';
import { keep, recall } from './keeper.js';

const REMEMBERED_MS = 7 * 24 * 3600 * 1000;
const MOST_MODELS = 32;

/** Of a race; without a backend nothing won, and it is not run again either. */
export interface Won {
  backend?: string | undefined;
  variant?: string | undefined;
  /** The page had asked for the race. */
  byHand?: boolean | undefined;
}

interface Kept extends Won {
  /** What the race was run with: the release, the library and the browser. */
  under: string;
  /** Epoch milliseconds. */
  until: number;
}

export interface Winners {
  /** What came of this model's race; undefined when there was none lately, or not with what runs now. */
  _of(model: string, under: string): Won | undefined;
  /** Whether there is any, whatever it was run with. */
  _has(model: string): boolean;
  _keep(model: string, under: string, won: Won): void;
  /** It was lost, or did not start: who won then says nothing any more. */
  _forget(model: string): void;
}

export function raceWinners(host: Host, app: string): Winners {
  const key = `race:${app}`;

  /** Those that still hold. */
  function all(): [model: string, kept: Kept][] {
    const now = host.epoch();
    return Object.entries(recall<Record<string, Kept>>(host, key) ?? {}).filter(
      ([, kept]) => kept?.until > now && kept.until <= now + REMEMBERED_MS,
    );
  }

  const others = (model: string) => all().filter(([name]) => name !== model);
  const find = (model: string) => all().find(([name]) => name === model)?.[1];

  return {
    _of(model, under) {
      const kept = find(model);
      return kept?.under === under ? kept : undefined;
    },
    _has: (model) => !!find(model),
    _keep(model, under, won) {
      // Without an install id nothing is kept: consent was taken back, or storage is denied.
      if (!recall(host, 'install')) return;
      const kept: Kept = { ...won, under, until: host.epoch() + REMEMBERED_MS };
      keep(host, key, Object.fromEntries([...others(model), [model, kept] as const].slice(-MOST_MODELS)));
    },
    _forget(model) {
      if (find(model)) keep(host, key, Object.fromEntries(others(model)));
    },
  };
}
