/** A page that leaks, or one that does not: `?page=NAME&backend=NAME&collector=URL&release=N&fixed=N&predictions=N&traced=N`. */

import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-webgpu';
import { createMonitor } from 'inferfleet';
import { cached, growsThenFlat, imageSizes, tidy } from './clean.js';
import { forgetsDispose } from './forgets_dispose.js';
import { keepsTextures } from './keeps_textures.js';
import { leaksOnErrors } from './leaks_on_errors.js';
import { loadsAnew } from './loads_anew.js';
import { sessionsAgain } from './sessions_again.js';
import type { Task } from './task.js';

setWasmPaths('/wasm/');

const PAGES: Record<string, (task: Task) => Promise<void>> = {
  forgetsDispose,
  leaksOnErrors,
  keepsTextures,
  loadsAnew,
  sessionsAgain,
  tidy,
  cached,
  growsThenFlat,
  imageSizes,
};

const TRACED = 60;
const LONGEST = 600;

async function run(): Promise<unknown> {
  const asked = new URLSearchParams(location.search);
  const [name = '', backend = '', endpoint = ''] = ['page', 'backend', 'collector'].map(
    (key) => asked.get(key) ?? '',
  );
  const page = PAGES[name];
  if (!page) throw new Error(`there is no page ${name}`);
  if (name !== 'sessionsAgain') await tf.setBackend(backend);
  const predictions = Number(asked.get('predictions'));
  const traced = asked.get('traced') === '1';
  const fixed = asked.get('fixed') === '1';
  const monitor = createMonitor({
    app: 'lab',
    key: 'lab-key',
    endpoint,
    release: asked.get('release') ?? '',
    remoteConfig: false,
    hangMs: 140_000,
    dev: false,
    leakTrace: { share: Number(traced), predictions: TRACED },
  });
  /** A traced session stays until the trace has ended: on a slow machine the part that traces comes late. */
  const isTraced = () => !!monitor.snapshot().leaks?.some((each) => each.predictions >= TRACED);
  const goesOn = (n: number) => n < predictions || (traced && n < LONGEST && !isTraced());
  if (asked.has('overlay')) (await import('inferfleet/overlay')).showOverlay(monitor);
  const engine = tf.engine() as unknown as object;
  await page({ tf, monitor, name, goesOn, backend, fixed });
  await monitor.flush();
  const { reports } = monitor.snapshot();
  return {
    reports,
    hooked: ['trackTensor', 'disposeTensor'].filter((method) => Object.hasOwn(engine, method)),
    stackTraceLimit: (Error as unknown as { stackTraceLimit: number }).stackTraceLimit,
  };
}

declare global {
  interface Window {
    outcome: Promise<unknown>;
  }
}
window.outcome = run();
