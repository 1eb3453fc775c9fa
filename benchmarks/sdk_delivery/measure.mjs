// How many predictions are lost or counted twice when real pages end: by navigation, by being closed, by a crash of
// the renderer. Prints one JSON line last; fails when anything is lost but at a crash, or counted twice.
//
// LIVES=5 ENGINES=chromium,webkit PREDICTIONS=400 ENDS=close make bench-delivery: less of it, to try something.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve } from './collector.mjs';
import { installDrivers } from './drivers.mjs';
import { live, shutdownAll } from './lives.mjs';
import { crashLoss, tally, total } from './tally.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const list = (name, otherwise) => process.env[name]?.split(',') ?? otherwise;
const LIVES = Number(process.env.LIVES ?? 100);
const ENGINES = list('ENGINES', ['chromium', 'firefox', 'webkit']);
const PREDICTIONS = list('PREDICTIONS', [5, 400, 10_000]).map(Number);
const ENDS = list('ENDS', ['navigate', 'close', 'crash']);

async function measureEngine(engine) {
  const { launch } = await import(`./engines/${engine}.mjs`);
  const server = await serve(join(HERE, '../../client_sdk_js/dist'), readFileSync(join(HERE, 'page.js')));
  const cells = {};
  let version = '';
  for (const end of ENDS) {
    cells[end] = {};
    for (const predictions of PREDICTIONS) {
      const began = performance.now();
      const run = await live(launch, server, { engine, end, predictions, count: LIVES });
      version = run.version;
      cells[end][predictions] = tally(run.lives);
      const seconds = Math.round((performance.now() - began) / 1000);
      console.log(
        `${engine.padEnd(9)} ${end.padEnd(9)} ${JSON.stringify({ predictions, ...cells[end][predictions], seconds })}`,
      );
    }
  }
  server.close();
  return { version, ...cells };
}

installDrivers();
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => shutdownAll().then(() => process.exit(1)));
const began = performance.now();
const results = await Promise.all(ENGINES.map(measureEngine));
const by_engine = Object.fromEntries(ENGINES.map((engine, i) => [engine, results[i]]));

const cells = (ends) => results.flatMap((result) => ends.flatMap((end) => Object.values(result[end] ?? {})));
const exits = total(cells(['navigate', 'close']));
const crashes = total(cells(['crash']));
const figures = {
  lives: exits.lives + crashes.lives,
  lost: exits.lost,
  duplicates: exits.duplicates + crashes.duplicates,
  crash_lost: crashLoss(crashes),
  seconds: Math.round((performance.now() - began) / 1000),
  by_engine,
};
if (figures.lost)
  console.error(`bench-delivery: ${figures.lost} predictions of ${exits.made} were lost without a crash`);
if (figures.duplicates) console.error(`bench-delivery: ${figures.duplicates} predictions were counted twice`);
console.log(JSON.stringify(figures));
process.exitCode = figures.lost || figures.duplicates ? 1 : 0;
