// Whether a renderer that is killed is told at the next visit, in Chromium, Firefox and WebKit, with a real model on real
// backends; whether the visit after two deaths runs another arm; whether pages that end by themselves are left alone; and
// what the breadcrumb costs. Prints one JSON line last; fails when a death is not told, is told wrong or twice, when an end
// that is none is told, or when the third visit runs the same arm.
//
// LIVES=2 ENGINES=chromium PHASES=load make bench-killed: less of it, to try something.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { installDrivers } from '../sdk_delivery/drivers.mjs';
import { livesOf } from './lives.mjs';
import { serve } from './server.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const list = (name, otherwise) => process.env[name]?.split(',') ?? otherwise;
const LIVES = Number(process.env.LIVES ?? 10);
const ENGINES = list('ENGINES', ['chromium', 'firefox', 'webkit']);
const PHASES = list('PHASES', ['start', 'load', 'first_prediction', 'predict']);
const ENDS = list('ENDS', ['navigate', 'close', 'beside']);
const MOST_COST_MS = 0.2;
const TRIES = 3;

const require = createRequire(import.meta.url);
const models = join(dirname(require.resolve('@vladmandic/human')), '../models');
const wasm = dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'));
const bundle = mkdtempSync(join(tmpdir(), 'inferfleet-killed-page-'));

async function bundlePage() {
  await build({
    entryPoints: [join(HERE, 'page.js'), join(HERE, 'cost.js')],
    outdir: bundle,
    bundle: true,
    splitting: true, // the SDK's lazy parts stay files of their own
    format: 'esm',
    target: 'es2022',
    logLevel: 'error',
  });
}

function files(path) {
  const [, kind, , name] = path.match(/^\/(page|model|wasm)(\/[a-z_]+\/[\w-]+)?\/([\w.-]+)$/) ?? [];
  if (kind === 'page') return join(bundle, name);
  if (kind === 'model') return join(models, name);
  return kind && join(wasm, 'dist', name);
}

async function measureEngine(engine) {
  const { launch } = await import(`../sdk_delivery/engines/${engine}.mjs`);
  const server = await serve(files);
  let version = '';

  /** A browser of its own; one that dies with the renderers that it is to outlive is followed by another. */
  async function inBrowser(measure) {
    for (let tries = 1; ; tries++) {
      const profile = mkdtempSync(join(tmpdir(), 'inferfleet-killed-'));
      const browser = await launch(profile);
      version = browser.version;
      try {
        // The last window to close would end Firefox.
        await browser.open(`http://127.0.0.1:${server.port}/away?id=keep`);
        return await measure(livesOf(browser, server));
      } catch (error) {
        if (tries === TRIES) throw error;
        console.error(`bench-killed: ${engine}: another browser, since: ${error.message}`);
      } finally {
        await browser.shutdown().catch((error) => console.error(`bench-killed: ${engine}: ${error.message}`));
        rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
      }
    }
  }

  try {
    const phases = {};
    for (const phase of PHASES) {
      phases[phase] = await inBrowser((lives) => lives.killedIn(phase, LIVES));
      console.log(`${engine.padEnd(9)} killed in ${phase.padEnd(16)} ${JSON.stringify(phases[phase])}`);
    }
    const ends = {};
    for (const end of ENDS) {
      ends[end] = await inBrowser((lives) => lives.ended(end === 'beside' ? '' : end, LIVES));
      console.log(`${engine.padEnd(9)} ended by  ${end.padEnd(16)} ${JSON.stringify(ends[end])}`);
    }
    const cost = engine === 'chromium' ? await inBrowser((lives) => lives.cost()) : undefined; // the clock of the others is too coarse
    return {
      version,
      phases,
      ends,
      cost,
      resent: server.resent.reports,
    };
  } finally {
    server.close();
  }
}

installDrivers();
await bundlePage();
const began = performance.now();
const by_engine = {};
try {
  for (const engine of ENGINES) by_engine[engine] = await measureEngine(engine);
} finally {
  rmSync(bundle, { recursive: true, force: true });
}
const results = Object.values(by_engine);
const sum = (of) => results.reduce((total, result) => total + of(result), 0);
const inPhases = (name) =>
  sum(({ phases }) => Object.values(phases).reduce((total, each) => total + each[name], 0));
const cost = by_engine.chromium?.cost ?? {};
const figures = {
  deaths: inPhases('deaths'),
  told: inPhases('told'),
  told_wrong: inPhases('told_wrong'),
  told_twice: inPhases('told_twice'),
  third_visits: inPhases('lives'),
  other_arm: inPhases('other_arm'),
  ends: sum(({ ends }) => Object.values(ends).reduce((total, each) => total + each.lives, 0)),
  ends_told: sum(({ ends }) => Object.values(ends).reduce((total, each) => total + each.told, 0)),
  load_cost_ms: cost.load_ms,
  first_load_cost_ms: cost.first_load_ms,
  writes_in_10000_predictions: cost.writes,
  seconds: Math.round((performance.now() - began) / 1000),
  by_engine,
};
const wrong = [
  figures.told !== figures.deaths &&
    `${figures.deaths - figures.told} of ${figures.deaths} deaths were not told`,
  figures.told_wrong && `${figures.told_wrong} deaths were told wrong`,
  figures.told_twice && `${figures.told_twice} deaths were told twice`,
  figures.other_arm !== figures.third_visits &&
    `${figures.third_visits - figures.other_arm} visits after two deaths ran the same arm`,
  figures.ends_told && `${figures.ends_told} ends that are none were told`,
  figures.load_cost_ms > MOST_COST_MS && `a load costs ${figures.load_cost_ms} ms, over ${MOST_COST_MS}`,
  cost.writes && `predictions wrote to storage ${cost.writes} times`,
].filter(Boolean);
for (const line of wrong) console.error(`bench-killed: ${line}`);
console.log(JSON.stringify(figures));
process.exitCode = wrong.length ? 1 : 0;
