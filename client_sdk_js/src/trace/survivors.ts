/**
 * Which things stay, and where they were made. Two steps, so that a page without a leak pays for a map entry for each tensor
 * and nothing more: first only kinds (a shape and a dtype) are counted; stacks are taken of a kind from the time on when
 * two of it have outlived eight predictions.
 *
 * What stays by design is told apart by when it was made. Of all that was made since stacks are taken, what a leak left
 * behind comes from all parts of that time alike; a model's weights, or a cache that fills and then stops, come from the
 * first part, and results that the page keeps for a while from the last.
 */

import type { Made } from '../core/adapter.js';
import { stackHere } from './stack.js';

const OUTLIVED = 8; // predictions: longer than results are in flight
const LEAST_OLD = 2;
const MOST_FOLLOWED = 50_000;
const MOST_KINDS = 64; // whose stacks are taken at a time
const MOST_SITES = 256;
const MOST_STACKS = 20_000;
const FUTILE = 200; // stacks of one kind without one thing that stayed
const LEAST_SPAN = 24; // predictions since stacks are taken
const LEAST_LEFT = 4;
const EVEN = 0.35; // of the mean: what each third must have left at least
const LEAST_PART = 0.25; // of what a kind left, when no single site grows by itself

interface Kind extends Made {
  /** The prediction since which stacks are taken. */
  since?: number | undefined;
  stacks: number;
  futile?: boolean;
}

interface Followed {
  kind: Kind;
  born: number;
  owner: string;
  stack?: string | undefined;
}

/** What one call site left behind. */
export interface Site {
  /** As the engine wrote it. */
  stack: string;
  /** The model that predicted last before most of it was made. */
  owner: string;
  /** Predictions in which it did. */
  predictions: number;
  /** By kind, the most bytes first. */
  left: (Made & { count: number })[];
}

export interface Survivors {
  /** Something was made by what called this; `below` is the function of ours that is called last in the page's stack. */
  born(id: unknown, made: Made, below: unknown): void;
  gone(id: unknown): void;
  /** All that there was is gone. */
  clear(): void;
  /** A prediction of the model of this name is about to be made. */
  tick(owner: string): void;
  /** Nothing more can be followed. */
  full(): boolean;
  /** What stays and grows, the most first. */
  judge(): Site[];
}

export function survivors(): Survivors {
  const kinds = new Map<string, Kind>();
  const alive = new Map<unknown, Followed>();
  const sites = new Set<string>();
  let now = 0;
  let taken = 0;
  let owner = '';

  function kindOf(made: Made): Kind {
    const name = `${made.dtype}[${made.shape}]`;
    let kind = kinds.get(name);
    if (!kind) {
      kind = { ...made, stacks: 0 };
      kinds.set(name, kind);
    }
    return kind;
  }

  function stackOf(kind: Kind, below: unknown): string | undefined {
    if (kind.since === undefined) return;
    kind.stacks++;
    taken++;
    const stack = stackHere(below);
    if (stack === undefined || (sites.size >= MOST_SITES && !sites.has(stack))) return;
    sites.add(stack);
    return stack;
  }

  /** Begins to take stacks of the kinds of which some grew old, and gives up those that only come and go. */
  function look(): void {
    const old = new Map<Kind, number>();
    const left = new Set<Kind>();
    for (const { kind, born, stack } of alive.values()) {
      if (born <= now - OUTLIVED) old.set(kind, (old.get(kind) ?? 0) + 1);
      if (stack !== undefined && born <= now - OUTLIVED) left.add(kind);
    }
    let watched = 0;
    for (const kind of kinds.values()) {
      if (kind.since === undefined) continue;
      if (kind.stacks >= FUTILE && !left.has(kind)) {
        kind.since = undefined;
        kind.futile = true;
      } else watched++;
    }
    const weight = ([kind, count]: [Kind, number]) => count * (kind.bytes + 1);
    for (const [kind, count] of [...old].sort((a, b) => weight(b) - weight(a))) {
      if (watched >= MOST_KINDS) return;
      if (count < LEAST_OLD || kind.since !== undefined || kind.futile) continue;
      kind.since = now;
      watched++;
    }
  }

  /** Whether things made at these times come from every third of the time alike. */
  function grows(births: number[], since: number): boolean {
    const span = now - since;
    if (span < LEAST_SPAN || births.length < LEAST_LEFT) return false;
    const thirds = [0, 0, 0];
    for (const born of births) {
      const third = Math.min(2, Math.floor((3 * (born - since)) / span));
      thirds[third] = (thirds[third] as number) + 1;
    }
    return Math.min(...thirds) >= Math.max(1, (EVEN * births.length) / 3);
  }

  function judge(): Site[] {
    const bySite = new Map<Kind, Map<string, number[]>>();
    const owners = new Map<string, Map<string, number>>();
    for (const { kind, born, stack, owner } of alive.values()) {
      if (stack === undefined || kind.since === undefined) continue;
      const of = bySite.get(kind) ?? new Map<string, number[]>();
      bySite.set(kind, of);
      const births = of.get(stack) ?? [];
      of.set(stack, births);
      births.push(born);
      const ownedBy = owners.get(stack) ?? new Map<string, number>();
      owners.set(stack, ownedBy);
      ownedBy.set(owner, (ownedBy.get(owner) ?? 0) + 1);
    }
    const found = new Map<string, Site>();
    for (const [kind, of] of bySite) {
      const since = kind.since as number;
      let leaks = [...of].filter(([, births]) => grows(births, since));
      const all = [...of.values()].flat();
      // One leak may be reached by many ways, none of which grows by itself.
      if (!leaks.length && grows(all, since))
        leaks = [...of].filter(([, births]) => births.length >= LEAST_PART * all.length);
      for (const [stack, { length: count }] of leaks) {
        const [[owner] = ['']] = [...(owners.get(stack) ?? [])].sort(([, a], [, b]) => b - a);
        const site = found.get(stack) ?? { stack, owner, predictions: 0, left: [] };
        found.set(stack, site);
        site.predictions = Math.max(site.predictions, now - since);
        const { shape, dtype, bytes } = kind;
        site.left.push({ shape, dtype, bytes, count });
      }
    }
    const size = ({ bytes, count }: Site['left'][number]) => count * (bytes + 1);
    const sizeOf = ({ left }: Site) => left.reduce((sum, each) => sum + size(each), 0);
    for (const { left } of found.values()) left.sort((a, b) => size(b) - size(a));
    return [...found.values()].sort((a, b) => sizeOf(b) - sizeOf(a));
  }

  return {
    born(id, made, below) {
      if (alive.size >= MOST_FOLLOWED) return;
      const kind = kindOf(made);
      alive.set(id, { kind, born: now, owner, stack: stackOf(kind, below) });
    },
    gone: (id) => void alive.delete(id),
    clear: () => alive.clear(),
    tick(name) {
      owner = name;
      now++;
      if (now % OUTLIVED === 0) look();
    },
    full: () => alive.size >= MOST_FOLLOWED || taken >= MOST_STACKS,
    judge,
  };
}
