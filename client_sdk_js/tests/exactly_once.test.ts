/** Random histories of one origin: nothing is counted twice, and without a crash nothing is lost. */

import { afterEach, describe, expect, it, vi } from 'vitest';
import { breathe, type Life, Origin } from './page_lives.js';

vi.setConfig({ testTimeout: 120_000 });
afterEach(() => vi.unstubAllGlobals());

/** The same numbers for the same seed. */
function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

interface History {
  made: number;
  origin: Origin;
}

/** Forty things that happen to up to three pages at a time; `crashes` says whether pages may die. */
async function happen(seed: number, crashes: boolean): Promise<History> {
  const chance = chances(seed);
  const upTo = (most: number) => Math.floor(chance() * most);
  const origin = new Origin();
  origin.takesBeacons = !crashes; // else a beacon that the browser took is lost while the collector is down
  const lives: Life[] = [await origin.open()];
  const waiting: { settle: () => void }[] = [];
  let made = 0;
  const predict = (life: Life) => {
    const times = 1 + upTo(5);
    life.predict(times);
    made += times;
  };
  const end = async (at: number) => {
    const [life] = lives.splice(at, 1);
    if (!life) return;
    if (!crashes || chance() < 0.5) life.hide();
    if (!crashes) await breathe();
    life.crash();
  };
  for (let step = 0; step < 40; step++) {
    const at = upTo(lives.length);
    const life = lives[at];
    if (!life || (lives.length < 3 && chance() < 0.1)) {
      lives.push(await origin.open());
      continue;
    }
    const what = chance();
    if (what < 0.3) predict(life);
    else if (what < 0.4) {
      waiting.push(life.predictSlowly());
      made++;
    } else if (what < 0.45) for (const each of waiting.splice(0)) each.settle();
    else if (what < 0.5) life.monitor.stage(`stage-${upTo(40)}`)();
    else if (what < 0.6) void life.monitor.flush();
    else if (what < 0.65) origin.isUp = !origin.isUp;
    else if (what < 0.7) origin.lostAnswers = upTo(3);
    else if (what < 0.75) life.hide();
    else if (what < 0.8) life.show();
    // Offline, or with the room for beacons taken by the page itself; then exits leave it to the next life.
    else if (what < 0.85) life.host.takesBeacon = chance() < 0.5 ? () => false : () => true;
    else if (what < 0.9) await end(at);
    else await origin.advance(upTo(12_000));
    // A step may follow at once, or when everything of the one before is done.
    if (chance() < 0.5) await breathe();
    expect(origin.predictions(), `seed ${seed}, step ${step}`).toBeLessThanOrEqual(made);
  }
  for (const each of waiting) each.settle();
  origin.isUp = true;
  origin.lostAnswers = 0;
  while (lives.length) await end(0);
  await origin.open();
  await origin.advance(700_000);
  return { made, origin };
}

const SEEDS = Array.from({ length: 6 }, (_, i) => 1_000 + i * 7_919);

describe('a random history', () => {
  it.each(SEEDS)('with crashes counts nothing twice (seed %i)', async (seed) => {
    const { made, origin } = await happen(seed, true);
    expect(origin.predictions()).toBeLessThanOrEqual(made);
    expect(origin.predictions()).toBeGreaterThan(0);
  });

  it.each(SEEDS)('in which pages end by themselves loses nothing either (seed %i)', async (seed) => {
    const { made, origin } = await happen(seed, false);
    expect(origin.predictions()).toBe(made);
  });
});
