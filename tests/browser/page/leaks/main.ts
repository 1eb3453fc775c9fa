/**
 * A page that leaks, or one that does not: `?page=NAME&backend=NAME&collector=URL&predictions=N&traced=N`. A fixed
 * release of one is another page with the former's name for its model: `&release=2.0.0&model=NAME`.
 */

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

async function run(): Promise<unknown> {
  const asked = new URLSearchParams(location.search);
  const [name = '', backend = '', endpoint = ''] = ['page', 'backend', 'collector'].map(
    (key) => asked.get(key) ?? '',
  );
  const model = asked.get('model') ?? name;
  const page = PAGES[name];
  if (!page) throw new Error(`there is no page ${name}`);
  if (name !== 'sessionsAgain') await tf.setBackend(backend);
  const predictions = Number(asked.get('predictions'));
  const monitor = createMonitor({
    app: 'lab',
    key: 'lab-key',
    endpoint,
    release: asked.get('release') ?? '1.0.0',
    remoteConfig: false,
    hangMs: 140_000,
    dev: false,
    leakTrace: { share: Number(asked.get('traced')), predictions: 60 },
  });
  const engine = tf.engine() as unknown as object;
  const began = performance.now();
  await page({ tf, monitor, name: model, predictions, backend });
  const tookMs = performance.now() - began;
  await monitor.flush();
  const { leaks, reports } = monitor.snapshot();
  return {
    tookMs,
    leaks,
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
