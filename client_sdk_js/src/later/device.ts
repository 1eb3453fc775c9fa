/** The kind of device, made coarse here in the browser: enough to choose a backend, too little to single out. */

import type { Host } from '../core/host.js';
import type { Browser, Cores, Device, MemoryGb, OperatingSystem } from '../generated/report.js';
import { keep, recall } from './keeper.js';

/** Not in every browser, whatever the type library says. */
type Hints = Omit<Navigator, 'gpu'> & {
  deviceMemory?: number;
  gpu?: { requestAdapter(): Promise<unknown> };
};

type Graphics = Pick<Device, 'gpu' | 'webgl' | 'webgpu'>;

/** The facts by user agent, so that another browser's, or an older version's, are not taken for this one's. */
type Kept = Record<string, Device>;

const KEPT_FOR_MS = 30 * 24 * 3600 * 1000; // people change GPUs, but not every month

/** Live facts: cheap ones at once, those of the GPU from an earlier visit or when the page is idle. */
export function deviceFacts(host: Host, fault: (error: unknown) => void): () => Device {
  const cheap = readCheapFacts();
  const userAgent = globalThis.navigator?.userAgent ?? '';
  const now = host.epoch();
  const looked = recall<number>(host, 'gpu_looked_at') ?? 0;
  const kept = now - looked < KEPT_FOR_MS ? recall<Kept>(host, 'device')?.[userAgent] : undefined;
  let facts: Device = { ...kept, ...cheap };
  if (!kept) {
    (host.idle ?? whenIdle)(() => {
      readGraphics()
        .then((graphics) => {
          facts = { ...cheap, ...graphics };
          keep(host, 'gpu_looked_at', now);
          keep(host, 'device', { [userAgent]: facts } satisfies Kept);
        })
        .catch(fault);
    });
  }
  return () => facts;
}

export function whenIdle(fn: () => void): void {
  const soon = () => {
    try {
      requestIdleCallback(fn, { timeout: 5_000 });
    } catch {
      setTimeout(fn, 200); // not in every browser
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
  const navigator = globalThis.navigator as Hints | undefined;
  const ua = navigator?.userAgent ?? '';
  // An iPad says it is a Mac, but no Mac has a touch screen.
  const ipad = /iPad/.test(ua) || (/Mac OS/.test(ua) && (navigator?.maxTouchPoints ?? 0) > 1);
  const os: OperatingSystem = ipad ? 'ios' : firstMatch(ua, OPERATING_SYSTEMS, 'other')[0];
  const [browser, major] = firstMatch(ua, BROWSERS, 'other');
  const tablet = ipad || /Tablet/.test(ua) || (os === 'android' && !/Mobi/.test(ua));
  return {
    os,
    browser,
    browser_major: Math.min(9999, Number(major) || 0),
    form: tablet ? 'tablet' : /Mobi/.test(ua) ? 'mobile' : os === 'other' ? 'other' : 'desktop',
    memory_gb: bucket<MemoryGb>(navigator?.deviceMemory, [0, 1, 2, 4, 8, 16, 32]),
    cores: bucket<Cores>(navigator?.hardwareConcurrency, [0, 1, 2, 4, 8, 16]),
    wasm_simd: hasSimd(),
    wasm_threads: !!globalThis.crossOriginIsolated && typeof SharedArrayBuffer === 'function',
    automated: !!navigator?.webdriver,
  };
}

const OPERATING_SYSTEMS: readonly (readonly [RegExp, OperatingSystem])[] = [
  [/Android/, 'android'],
  [/iPhone|iPod/, 'ios'],
  [/CrOS/, 'chromeos'],
  [/Windows/, 'windows'],
  [/Mac OS/, 'macos'],
  [/Linux|X11/, 'linux'],
];

// Every browser on iOS is Safari underneath and behaves so, whatever it calls itself.
const BROWSERS: readonly (readonly [RegExp, Browser])[] = [
  [/(?:iPhone|iPad|iPod).*? OS (\d+)/, 'safari'],
  [/Edg\w*\/(\d+)/, 'edge'],
  [/SamsungBrowser\/(\d+)/, 'samsung'],
  [/Firefox\/(\d+)/, 'firefox'],
  [/Chrom(?:e|ium)\/(\d+)/, 'chromium'],
  [/Version\/(\d+).*Safari/, 'safari'],
];

function firstMatch<T>(
  text: string,
  table: readonly (readonly [RegExp, T])[],
  otherwise: T,
): [T, string | undefined] {
  for (const [pattern, value] of table) {
    const match = pattern.exec(text);
    if (match) return [value, match[1]];
  }
  return [otherwise, undefined];
}

/** Validates a nine-instruction module that needs SIMD (the bytes of wasm-feature-detect); nothing is compiled. */
function hasSimd(): boolean {
  const module = 'AGFzbQEAAAABBQFgAAF7AwIBAAoKAQgAQQD9D/1iCw==';
  return !!globalThis.WebAssembly?.validate(Uint8Array.from(atob(module), (char) => char.charCodeAt(0)));
}

/** In idle time and once a month. */
async function readGraphics(): Promise<Graphics> {
  const looking = await import('./graphics.js');
  const [webgpu, drawn] = await Promise.all([
    (globalThis.navigator as Hints | undefined)?.gpu?.requestAdapter(),
    looking.readGraphics(import.meta.url),
  ]);
  return { ...drawn, webgpu: !!webgpu };
}
