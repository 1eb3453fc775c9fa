import * as tf from '@tensorflow/tfjs';
import { detect } from 'face-detection-example/detector';
import { loadPhoto } from 'face-detection-example/photo';
import { createMonitor } from 'inferfleet';
import { tfjs } from 'inferfleet/tfjs';
import type { FromWorker, ToWorker } from './messages.js';
import { pageLife } from './page_life.js';

const PREDICTIONS = 10;
const tell = (message: FromWorker) => postMessage(message);

// Made in the worker, next to the model: what is measured never crosses to the page.
const monitor = createMonitor({
  app: 'examples',
  key: 'examples-key',
  endpoint: '', // the page's own origin, as for fetch
  release: 'worker-1.0.0',
  host: pageLife,
});
monitor.on('report', () => tell({ type: 'sent', reports: monitor.snapshot().reports.acknowledged }));

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  if (data.type === 'start')
    run(data.canvas).catch((error) => tell({ type: 'failed', error: String(error) }));
  if (data.type === 'stop') {
    monitor.close(); // before terminate(), which would take with it what was measured since the last report
    tell({ type: 'stopped' });
  }
});

async function run(canvas: OffscreenCanvas): Promise<void> {
  const face = await monitor.load('blazeface', {
    adapter: tfjs(tf),
    url: '/models/blazeface.json',
    load: (url) => tf.loadGraphModel(url),
  });
  const photo = await loadPhoto('/photo/astronaut.jpg');
  const pen = canvas.getContext('2d');
  if (!pen) throw new Error('this browser has no 2D canvas in workers');
  Object.assign(pen, { strokeStyle: '#14b8a6', lineWidth: 3 });

  for (let count = 1; count <= PREDICTIONS; count++) {
    const { faces } = await detect(face.model, photo, false);
    pen.putImageData(photo, 0, 0);
    for (const { box } of faces)
      pen.strokeRect(
        box.x * canvas.width,
        box.y * canvas.height,
        box.width * canvas.width,
        box.height * canvas.height,
      );
    tell({ type: 'found', faces: faces.length, count, backend: face.backend, source: face.source });
  }
  await monitor.flush(); // so that you need not wait a minute to see a report
}
