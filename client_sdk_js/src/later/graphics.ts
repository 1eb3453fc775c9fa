/**
 * The GPU's family and which WebGL there is. Only a WebGL context tells, and in every browser alike what renders it
 * (WebGPU's adapter info is often blank). Making one takes 8 to 40 ms of whichever thread does it, and over half a
 * second when it is the one that starts the GPU process: so a worker does, and this file is its own script.
 *
 * The context is off-screen and given back at once by `loseContext`: browsers hold 16 at a time, and the page's own
 * must not be evicted.
 */

import type { Device, Webgl } from '../generated/report.js';
import { gpuFamily } from './gpu_family.js';

type Graphics = Pick<Device, 'gpu' | 'webgl'>;

const WORKER = 'inferfleet-graphics';
const ANSWERS_MS = 10_000;

function look(): Graphics {
  const canvas = globalThis.OffscreenCanvas ? new OffscreenCanvas(1, 1) : document.createElement('canvas');
  const attributes = { failIfMajorPerformanceCaveat: false, powerPreference: 'high-performance' };
  const gl2 = canvas.getContext('webgl2', attributes) as WebGLRenderingContext | null;
  const gl = gl2 ?? (canvas.getContext('webgl', attributes) as WebGLRenderingContext | null);
  const info = gl?.getExtension('WEBGL_debug_renderer_info');
  const renderer = gl && String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  gl?.getExtension('WEBGL_lose_context')?.loseContext();
  const webgl: Webgl = gl2 ? 2 : gl ? 1 : 0;
  return { gpu: gpuFamily(renderer ?? ''), webgl };
}

/** Looks in a worker; rejects where there can be none. */
function lookInWorker(script: string): Promise<Graphics> {
  return new Promise((resolve, reject) => {
    let worker: Worker | undefined;
    const end = (settle: () => void) => {
      clearTimeout(timer);
      worker?.terminate();
      settle();
    };
    // First: a worker that nothing would end must not be begun. It is no quicker on this thread.
    const timer = setTimeout(() => end(() => resolve({})), ANSWERS_MS);
    worker = new Worker(script, { type: 'module', name: WORKER });
    worker.onmessage = ({ data }) => end(() => (data ? resolve(data) : reject()));
    worker.onerror = (event) => {
      event.preventDefault(); // or it would stand in the page's console
      end(reject);
    };
  });
}

/**
 * What draws here.
 *
 * @param caller the URL of the file that asks. Where a bundler put both into one, that one must not be run again in a
 *   worker, and this thread looks: as it does where workers, or their canvas, are missing or refused.
 */
export async function readGraphics(caller: string | undefined): Promise<Graphics> {
  const own = import.meta.url;
  return own && own !== caller ? lookInWorker(own).catch(look) : look();
}

// As the worker's script.
if ((globalThis as { name?: unknown }).name === WORKER && !globalThis.document)
  postMessage(globalThis.OffscreenCanvas && look());
