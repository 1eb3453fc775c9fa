import './backends.js';
import * as tf from '@tensorflow/tfjs';
import { createMonitor } from 'inferfleet';
import { tfjs } from 'inferfleet/tfjs';
import { answer, detect } from './detector.js';
import { readParameters } from './parameters.js';
import { loadPhoto } from './photo.js';
import { quantile } from './quantile.js';
import {
  onLiveView,
  showChoices,
  showDetection,
  showDone,
  showModel,
  showReports,
  showTrouble,
} from './view.js';

declare const PAGE_RELEASE: string;

/** Latencies that the sparkline shows. */
const TREND = 120;

/** Predictions below which time does not end a run: the first one compiles, and tells nothing of the others. */
const LEAST = 4;

async function visit(): Promise<void> {
  const wish = readParameters(location.search);
  const release = wish.leak ? `${PAGE_RELEASE}-leaky` : PAGE_RELEASE;
  showChoices(wish);

  // All that an app writes to be watched and steered by Inferfleet.
  const monitor = createMonitor({
    app: wish.app,
    key: wish.key,
    endpoint: '/',
    release,
    configBudgetMs: 3_000,
    windowMs: 10_000, // so that a page that stays soon shows a report; an app keeps the 60 seconds
  });
  const showLive = () => import('inferfleet/overlay').then(({ showOverlay }) => showOverlay(monitor));
  onLiveView(showLive);
  if (wish.overlay) showLive().catch((error: unknown) => showTrouble(String(error)));

  const photo = loadPhoto('./photo/astronaut.jpg');
  photo.catch(() => undefined); // told below, where it is needed
  const started = performance.now();
  const face = await monitor.load('blazeface', {
    adapter: tfjs(tf),
    variants: { original: './models/blazeface.json' },
    load: (url) => tf.loadGraphModel(url),
    // So that a plan may have this device race backends and variants, and wrong answers are seen.
    check: { canary: async (model) => answer(model, await photo) },
    ...(wish.backend && { override: { backend: wish.backend } }),
  });
  const loadMs = performance.now() - started;

  if (!wish.key) showTrouble('The collector refuses reports without a write key: add ?key=… to the address.');
  monitor.on('incident', ({ kind, error }) =>
    showTrouble(`${kind}${error ? `: ${error}` : ''} on ${face.backend}`),
  );
  monitor.on('report', () => showReports(monitor.snapshot()));
  showModel(face);
  const picture = await photo;

  const run = async (): Promise<void> => {
    const latencies: number[] = [];
    let withFace = 0;
    let made = 0;
    let last = await detect(face.model, picture, wish.leak);
    const firstMs = last.readyMs;
    const end = performance.now() + wish.seconds * 1_000;
    for (;;) {
      made++;
      if (last.faces.length) withFace++;
      showDetection(last, latencies.slice(-TREND), made, wish.predictions, monitor.snapshot());
      if (made === wish.predictions || (made >= LEAST && performance.now() > end)) break;
      // A frame between predictions keeps the page responsive, as an app with a camera would.
      await new Promise(requestAnimationFrame);
      last = await detect(face.model, picture, wish.leak);
      latencies.push(last.readyMs);
    }
    showDone(run);
    window.demoResult = {
      backend: face.backend,
      variant: face.variant,
      source: face.source,
      release,
      predictions: made,
      predictions_with_face: withFace,
      faces: last.faces,
      ready_ms: latencies,
      p50_ready_ms: quantile(latencies, 0.5),
      p75_ready_ms: quantile(latencies, 0.75),
      first_prediction_ms: firstMs,
      load_ms: loadMs,
      tensors: tf.engine().state.numTensors,
    };
  };
  await run();
}

visit().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  showTrouble(message);
  window.demoResult = { error: message };
});
