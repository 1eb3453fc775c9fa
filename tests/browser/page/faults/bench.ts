/** What runs inside the page of fault injection: lives, one fault each. */

import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import type { MonitorOptions } from 'inferfleet';
import type {} from 'inferfleet/global';
import { type Fault, Injector, type Site } from './faults.js';
import { live, type Sdk } from './scenario.js';
import { createWatch } from './watch.js';
import { createWorld } from './world.js';

setWasmPaths('/wasm/');

/** What errors of their own reached the page. */
const uncaught: string[] = [];
addEventListener('error', ({ message }) => uncaught.push(message));
addEventListener('unhandledrejection', ({ reason }) =>
  uncaught.push(`rejected: ${reason instanceof Error ? reason.stack : String(reason)}`),
);

export interface Outcome {
  fault: Fault;
  /** Whether the fault was met at all. */
  hits: number;
  /** What the page saw that it would not have seen without us. */
  differences: string[];
}

const tensor = Object.getPrototypeOf(tf.ones([1])) as object;
const methods = Object.getOwnPropertyDescriptors(tensor);

/** Puts back what the adapter replaced on the prototype of tensors. */
const restore = () => Object.defineProperties(tensor, methods);

/** Runs one visit of a life with the SDK that `script` makes, and this fault. */
async function visit(
  name: string,
  script: string,
  options: Partial<MonitorOptions>,
  sites: Site[],
  fault: Fault | undefined,
) {
  const injector = new Injector();
  injector.remember(sites);
  const world = createWorld(injector, name);
  const watch = createWatch(injector);
  world.globals.__watch = watch.exported; // for a script out of `faulty_modules.ts`
  const evaluate = new Function('world', `with (world) { (function () { ${script} }).call(); }`);
  evaluate(world.scope);
  injector.arm(fault);
  try {
    const { createMonitor, tfjs, any } = world.globals.inferfleet as typeof globalThis.inferfleet;
    const adapter = () => {
      const made = tfjs(world.see('tf', tf as object) as typeof tf);
      return script.includes('__watch(') ? watch.methods('adapter', made) : made;
    };
    const sdk: Sdk = { createMonitor, any, adapter };
    const notes = await live({
      sdk,
      options,
      settle: world.settle,
      hide(hidden) {
        world.hidden = hidden;
        document.dispatchEvent(new Event('visibilitychange'));
      },
    });
    return { notes, hits: injector.hits, sites: [...injector.sites.values()] };
  } finally {
    injector.arm(undefined);
  }
}

let lives = 0;
const nameLife = (): string => `life ${++lives}: `;

/** What a page without the SDK sees. */
const unwatched = () =>
  live({ sdk: undefined, options: {}, settle: async () => undefined, hide: () => undefined });

/** What reached the page meanwhile. Rejections are told of after the microtasks, one task later. */
async function errorsDuring<T>(lives: () => Promise<T>): Promise<[T, string[]]> {
  uncaught.length = 0;
  const outcome = await lives();
  for (let i = 0; i < 2; i++) await new Promise((resolve) => setTimeout(resolve, 0));
  restore();
  return [outcome, [...uncaught]];
}

/** A life without a fault: what it saw, beside one without the SDK, and every site that it passed. */
async function record(script: string, options: Partial<MonitorOptions>) {
  const expected = await unwatched();
  const [{ notes, sites }, errors] = await errorsDuring(async () => {
    const name = nameLife();
    const { sites: first } = await visit(name, script, options, [], undefined);
    const { notes, sites } = await visit(name, script, options, first, undefined);
    const early = new Set(first.map(({ how, path }) => `${how} ${path}`));
    for (const site of sites) site.second = !early.has(`${site.how} ${site.path}`);
    return { notes, sites };
  });
  return { expected, notes, errors, sites };
}

/** One life for each of these faults, all at once: they mostly wait. An error of its own is of one that was alone. */
async function inject(
  script: string,
  options: Partial<MonitorOptions>,
  sites: Site[],
  faults: Fault[],
): Promise<{ outcomes: Outcome[]; errors: string[] }> {
  const expected = await unwatched();
  const [outcomes, errors] = await errorsDuring(() =>
    Promise.all(
      faults.map(async (fault): Promise<Outcome> => {
        const name = nameLife();
        if (fault.second) await visit(name, script, options, sites, undefined);
        const { notes, hits } = await visit(name, script, options, sites, fault);
        return { fault, hits, differences: notes.filter((note, i) => note !== expected[i]) };
      }),
    ),
  );
  return { outcomes, errors };
}

const bench = { tf, record, inject };

declare global {
  interface Window {
    bench: typeof bench;
  }
}
window.bench = bench;
