/**
 * The GPU's family, which WebGL there is, and whether there is WebGPU. Only a WebGL context tells what renders, in every
 * browser alike (WebGPU's adapter info is often blank). Making one takes 8 to 40 ms of whichever thread does it, and
 * more when it is the one that starts the GPU process: so a worker does, and this file is its own script.
 *
 * The context is off-screen and given back at once by `loseContext`: browsers hold 16 at a time, and the page's own
 * must not be evicted.
 *
 * The page's console and its reports of violations stay silent. Chromium prints "No available adapters." where WebGPU
 * has none, in a page and in its own workers alike, but not for a shared worker: so that asks, where there is one.
 */

import type { Device, Webgl } from '../generated/report.js';
import { gpuFamily } from './gpu_family.js';

export type Graphics = Pick<Device, 'gpu' | 'webgl' | 'webgpu'>;

const WORKER = 'inferfleet-graphics';
const ANSWERS_MS = 10_000;
const HEARD_MS = 1_000;
const ADAPTER_MS = 5_000;
const SOFTWARE = /^(?:swiftshader|software|unknown)$/;

function lookAtWebgl(): { gpu: string; webgl: Webgl } {
  try {
    const canvas = globalThis.OffscreenCanvas ? new OffscreenCanvas(1, 1) : document.createElement('canvas');
    const attributes = { failIfMajorPerformanceCaveat: false, powerPreference: 'high-performance' };
    const gl2 = canvas.getContext('webgl2', attributes) as WebGLRenderingContext | null;
    const gl = gl2 ?? (canvas.getContext('webgl', attributes) as WebGLRenderingContext | null);
    let renderer = String(gl?.getParameter(gl.RENDERER));
    // Only where it is masked: Firefox tells it, and prints a line about everyone who asks for the extension.
    if (gl && /^(WebKit WebGL|Mozilla|null|undefined)?$/.test(renderer)) {
      const info = gl.getExtension('WEBGL_debug_renderer_info');
      if (info) renderer = String(gl.getParameter(info.UNMASKED_RENDERER_WEBGL));
    }
    gl?.getExtension('WEBGL_lose_context')?.loseContext();
    return { gpu: gpuFamily(renderer), webgl: gl2 ? 2 : gl ? 1 : 0 };
  } catch {
    return { gpu: 'unknown', webgl: 0 }; // a model could not use it either
  }
}

/**
 * Whether there is an adapter; one that throws, rejects or does not come within five seconds is none. undefined where
 * nobody asked.
 */
async function hasAdapter(family: string, silent: boolean): Promise<boolean | undefined> {
  try {
    const { gpu, userAgent } = navigator as Omit<Navigator, 'gpu'> & { gpu?: { requestAdapter(): unknown } };
    // Where asking may be printed, only a GPU is worth it whose drivers Chromium trusts nearly everywhere.
    if (!gpu) return false;
    if (!silent && /Chrom/.test(userAgent) && (SOFTWARE.test(family) || /X11; Linux/.test(userAgent)))
      return undefined;
    const late = new Promise<undefined>((resolve) => setTimeout(resolve, ADAPTER_MS));
    return !!(await Promise.race([gpu.requestAdapter(), late]));
  } catch {
    return false;
  }
}

async function look(silent = false): Promise<Graphics> {
  const drawn = lookAtWebgl();
  const webgpu = await hasAdapter(drawn.gpu, silent);
  return { ...drawn, ...(webgpu !== undefined && { webgpu }) };
}

interface Policies {
  defaultPolicy?: unknown;
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): string };
}

/** As Trusted Types want it: a policy of the name `inferfleet`, which gives this one file only. */
function asScript(own: string): string {
  const { trustedTypes } = globalThis as { trustedTypes?: Policies };
  return trustedTypes
    ? trustedTypes.createPolicy('inferfleet', { createScriptURL: () => own }).createScriptURL(own)
    : own;
}

/**
 * Whether the page shows a content security policy of its own: a worker might be against it, and the violation would
 * stand in the page's console and go to its reports. One that comes as a header cannot be seen by a script; nonces can.
 */
function showsPolicy(): boolean {
  const { document, trustedTypes } = globalThis as { document?: Document; trustedTypes?: Policies };
  return (
    !!trustedTypes?.defaultPolicy ||
    !!document?.querySelector(
      'meta[http-equiv="content-security-policy" i],script[nonce],style[nonce],link[nonce]',
    )
  );
}

/** Looks in a worker; rejects where there can be none. */
function lookInWorker(own: string): Promise<Graphics> {
  return new Promise((resolve, reject) => {
    let close: (() => void) | undefined;
    const end = (settle: () => void) => {
      clearTimeout(timer);
      close?.();
      settle();
    };
    const late = () => end(() => resolve({}));
    // First: a worker that nothing would end must not be begun. It is no quicker on this thread. And in two steps: a model
    // on this thread may have kept an answer waiting until the time was up.
    let timer = setTimeout(() => {
      timer = setTimeout(late, HEARD_MS);
    }, ANSWERS_MS);
    const script = asScript(own);
    const options = { type: 'module', name: WORKER } as const;
    const failed = (event: Event) => {
      event.preventDefault(); // or it would stand in the page's console
      end(reject);
    };
    const answered = ({ data }: MessageEvent<Graphics | undefined>) =>
      end(() => (data ? resolve(data) : reject()));
    if (globalThis.SharedWorker && (navigator as { gpu?: unknown }).gpu) {
      // A name of its own: one that another page shares may be about to end.
      const worker = new SharedWorker(script, { ...options, name: `${WORKER} ${Math.random()}` });
      worker.onerror = failed;
      worker.port.onmessage = answered;
      close = () => worker.port.postMessage(0);
    } else {
      const worker = new Worker(script, options);
      worker.onerror = failed;
      worker.onmessage = answered;
      close = () => worker.terminate();
    }
  });
}

/**
 * What draws here. Never rejects.
 *
 * @param caller the URL of the file that asks. Where a bundler put both into one, that one must not be run again in a
 *   worker, and this thread looks: as it does where workers, or their canvas, are missing or refused.
 * @param whenIdle this thread looks then: it takes long enough to be felt.
 */
export async function readGraphics(
  caller: string | undefined,
  mayWork: boolean,
  whenIdle: (look: () => void) => void,
): Promise<Graphics> {
  const own = import.meta.url;
  const lookHere = () => new Promise<Graphics>((resolve) => whenIdle(() => resolve(look())));
  return own && own !== caller && mayWork && !showsPolicy() ? lookInWorker(own).catch(lookHere) : lookHere();
}

// As the worker's script.
const scope = globalThis as unknown as { name?: unknown; onconnect?: unknown; close(): void };
if (`${scope.name}`.startsWith(WORKER) && !globalThis.document) {
  if ('onconnect' in scope)
    scope.onconnect = async ({ ports: [port] }: MessageEvent) => {
      if (!port) return;
      port.onmessage = () => scope.close();
      port.postMessage(globalThis.OffscreenCanvas && (await look(true)));
    };
  else if (globalThis.OffscreenCanvas) look().then(postMessage as (found: Graphics) => void);
  else postMessage(undefined);
}
