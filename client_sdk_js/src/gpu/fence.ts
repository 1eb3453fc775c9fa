/**
 * When the work that was handed to the GPU so far is done, learnt without reading anything back and without blocking:
 * a fence passes, or does not. What is handed over later is not waited for.
 */

/** Longer than this is no latency, but a lost or sleeping device. */
const LONGEST_MS = 30_000;
/** Nobody could look for so long, and for most of the time: when it passed meanwhile cannot be told. */
const BLIND_MS = 100;
const isBlind = (blind: number, waited: number): boolean => blind > BLIND_MS && blind > waited / 2;
/** How far apart the looks at a fence may be, as a share of the time waited: what its figure may be late by. */
const COARSENESS = 1 / 32;

/** Resolves with whether the fence passed, and it is known when; undefined where the context has none (WebGL 1, lost). */
export function webglFence(gl: WebGL2RenderingContext): Promise<boolean> | undefined {
  const sync = gl.fenceSync?.(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
  if (!sync) return;
  gl.flush(); // what is not submitted would never be done
  const began = performance.now();
  let before = 0; // how long it had waited at the last look
  return new Promise((resolve, reject) => {
    const look = () => {
      try {
        const waited = performance.now() - began;
        const status = gl.clientWaitSync(sync, 0, 0); // asks, and waits for nothing
        if (status === gl.TIMEOUT_EXPIRED && waited < LONGEST_MS) {
          before = waited;
          return void setTimeout(look, waited * COARSENESS);
        }
        gl.deleteSync(sync);
        const passed = status === gl.ALREADY_SIGNALED || status === gl.CONDITION_SATISFIED;
        resolve(passed && !isBlind(waited - before, waited));
      } catch (error) {
        reject(error);
      }
    };
    setTimeout(look); // a browser moves fences on between tasks only
  });
}

/** A `GPUDevice`, as far as it is needed here. */
export interface GpuDevice {
  lost: Promise<{ reason?: string }>;
  queue: { onSubmittedWorkDone(): Promise<unknown> };
}

/** Known devices, and whether they are lost: their fences pass then, and mean nothing. */
const lost = new WeakMap<GpuDevice, boolean>();

/** Resolves with whether all that was submitted to the device's queue is done, and it is known when. */
export async function webgpuFence(device: GpuDevice): Promise<boolean> {
  if (!lost.has(device)) {
    lost.set(device, false);
    device.lost.then(() => lost.set(device, true)); // once: each reaction would be kept as long as the device
  }
  // The queue tells when the page's thread is free: a timer learns whether it was.
  const began = performance.now();
  let last = 0;
  let blind = 0;
  let waiting = true;
  const look = () => {
    const waited = performance.now() - began;
    blind = Math.max(blind, waited - last);
    last = waited;
    if (waiting) setTimeout(look, waited * COARSENESS);
  };
  setTimeout(look);
  try {
    await device.queue.onSubmittedWorkDone();
  } finally {
    waiting = false;
  }
  look();
  return !(lost.get(device) || isBlind(blind, last));
}
