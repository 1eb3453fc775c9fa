/** The kind of device, made coarse here in the browser: enough to choose a backend, too little to single out. */

import type { Host } from '../core/host.js';
import type { Backend, Cores, Device, MemoryGb } from '../generated/report.js';
import { keep, recall } from './keeper.js';
import { isProgram, readUserAgent } from './user_agent.js';

/** Not in every browser, whatever the type library says. */
type Hints = Navigator & { deviceMemory?: number };

/** The facts by user agent, so that another browser's, or an older version's, are not taken for this one's. */
type Kept = Record<string, Device>;

const LOOK_WITHIN_MS = 300;
const DAY_MS = 24 * 3600 * 1000;
const KEPT_FOR_MS = 30 * DAY_MS; // people change GPUs, but not every month

export interface Facts {
  (): Device;
  /** A model ran on this: whatever was found out before, the device has it. */
  _ran(backend: Backend): void;
}

/**
 * Live facts: cheap ones at once, those of the GPU from an earlier visit or soon after `load`. Each is by itself:
 * one that cannot be learnt takes no other with it.
 *
 * @param mayWork false: no worker may be made to look at the GPU.
 */
export function deviceFacts(host: Host, fault: (error: unknown) => void, mayWork = true): Facts {
  const cheap = readCheapFacts();
  const userAgent = told(() => navigator.userAgent, '');
  const now = host.epoch();
  const looked = recall<number>(host, 'gpu_looked_at') ?? 0;
  const kept = now - looked < KEPT_FOR_MS ? recall<Kept>(host, 'device')?.[userAgent] : undefined;
  let facts: Device = { ...kept, ...cheap };
  const ran = new Set<Backend>();
  const withRan = (found: Device): Device => ({
    ...found,
    ...(ran.has('webgpu') && { webgpu: true }),
    // A worker may lack the WebGL that the page has.
    ...(ran.has('webgl') && found.webgl === 0 && { webgl: 1 }),
  });
  const learn = (more: Device) => {
    facts = withRan({ ...facts, ...more });
    keep(host, 'device', { [userAgent]: facts } satisfies Kept);
  };
  if (!kept) {
    const look = () => {
      import('./graphics.js')
        .then(({ readGraphics }) => readGraphics(import.meta.url, mayWork, host.idle ?? whenIdle))
        .then((graphics) => {
          learn(graphics);
          // What did not answer today may do so tomorrow.
          keep(host, 'gpu_looked_at', graphics.gpu === undefined ? now - KEPT_FOR_MS + DAY_MS : now);
        })
        .catch(fault);
    };
    // Soon, since a worker looks: many a visit lasts for seconds, and without these facts it has no class.
    if (host.idle) host.idle(look);
    else whenIdle(look, LOOK_WITHIN_MS);
  }
  const live = () => facts;
  return Object.assign(live, {
    _ran(backend: Backend) {
      if (ran.has(backend)) return;
      ran.add(backend);
      const { webgl, webgpu } = facts;
      facts = withRan(facts);
      const isNews = webgl !== facts.webgl || webgpu !== facts.webgpu;
      // Not kept before the rest is known: it would be taken for all that there is to know.
      if (isNews && facts.gpu !== undefined) learn({});
    },
  });
}

/** A fact; `otherwise` where the page or an extension put something that throws in its place. */
function told<T>(read: () => T, otherwise: T): T {
  try {
    return read() ?? otherwise;
  } catch {
    return otherwise;
  }
}

/**
 * Runs `fn` once: when the page is idle after `load`, at the latest `withinMs` later. A page that predicts frame after
 * frame is never idle, and the browser's own time limit for idle work gives way to each of its predictions.
 */
export function whenIdle(fn: () => void, withinMs = 5_000): void {
  let ran = false;
  const once = () => {
    if (ran) return;
    ran = true; // first: what throws does not run again either
    fn();
  };
  const soon = () => {
    setTimeout(once, withinMs);
    try {
      requestIdleCallback(once);
    } catch {
      setTimeout(once, 200); // not in every browser
    }
  };
  // Before `load` the page is busy with what its visitor came for.
  if (globalThis.document && document.readyState !== 'complete')
    addEventListener('load', soon, { once: true });
  else soon();
}

const bucket = <T extends number>(value: number | undefined, buckets: readonly T[]): T =>
  buckets.reduce((best, edge) => ((value ?? 0) >= edge ? edge : best));

function readCheapFacts(): Device {
  const navigator = (globalThis.navigator ?? {}) as Partial<Hints>;
  return {
    ...readUserAgent(
      told(() => navigator.userAgent as string, ''),
      {
        touch: told(() => navigator.maxTouchPoints as number, 0),
        coarse: told(() => matchMedia('(pointer: coarse)').matches, true), // a worker is not told
        shortSide: told(() => Math.min(screen.width, screen.height), Number.POSITIVE_INFINITY),
        platform: told(() => navigator.platform as string, ''),
      },
    ),
    memory_gb: bucket<MemoryGb>(
      told(() => navigator.deviceMemory, 0),
      [0, 1, 2, 4, 8, 16, 32],
    ),
    cores: bucket<Cores>(
      told(() => navigator.hardwareConcurrency, 0),
      [0, 1, 2, 4, 8, 16],
    ),
    wasm_simd: told(hasSimd, false),
    wasm_threads: told(() => crossOriginIsolated && typeof SharedArrayBuffer === 'function', false),
    automated:
      told(() => navigator.webdriver, false) === true ||
      told(() => isProgram(navigator.userAgent as string), false),
  };
}

/** Validates a nine-instruction module that needs SIMD (the bytes of wasm-feature-detect); nothing is compiled. */
function hasSimd(): boolean {
  const module = 'AGFzbQEAAAABBQFgAAF7AwIBAAoKAQgAQQD9D/1iCw==';
  return !!globalThis.WebAssembly?.validate(Uint8Array.from(atob(module), (char) => char.charCodeAt(0)));
}
