import type { FromWorker, ToWorker } from './messages.js';

const canvas = document.querySelector('canvas');
const stop = document.querySelector('button');
const status = document.querySelector('#status');
if (!canvas || !stop || !status) throw new Error('index.html has no canvas, button or status');

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
const ask = (message: ToWorker, move: Transferable[] = []) => worker.postMessage(message, move);
let found = 'Loading the model…';
let reports = 0;

worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
  if (data.type === 'found')
    found = `${data.faces} face found, ${data.count} predictions on ${data.backend} (${data.source})`;
  if (data.type === 'sent') reports = data.reports;
  if (data.type === 'failed') found = data.error;
  if (data.type === 'stopped') {
    found = `The worker ended: ${found}`;
    worker.terminate();
  }
  status.textContent = `${found}, reports acknowledged: ${reports}`;
});

const offscreen = canvas.transferControlToOffscreen();
ask({ type: 'start', canvas: offscreen }, [offscreen]);

stop.addEventListener('click', () => ask({ type: 'stop' }));
document.addEventListener('visibilitychange', () => ask({ type: document.hidden ? 'hidden' : 'shown' }));
addEventListener('pagehide', () => ask({ type: 'hidden' })); // Safari may skip one of the two
