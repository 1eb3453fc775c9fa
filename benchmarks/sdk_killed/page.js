// A page life: loads a real model by the plan of its device and predicts, until the renderer is killed where the address
// says: `start` and `load` (the server never sends the file that is waited for), `first_prediction` (a call that does not
// end), `predict`. `none` predicts and then ends by itself, as `end` says.
import '@tensorflow/tfjs-backend-cpu';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import { createMonitor } from 'inferfleet';
import { tfjs } from 'inferfleet/tfjs';

const asked = new URLSearchParams(location.search);
const id = asked.get('id');
const phase = asked.get('phase');
const end = asked.get('end');
const tell = (what) => fetch(`/reached?id=${id}&what=${what}`);

// Of this visit: Firefox does not ask again for what is still under way from a life before.
setWasmPaths(`/wasm/${phase}/${id}/`);
const monitor = createMonitor({
  app: 'bench',
  key: 'bench-key',
  endpoint: location.origin,
  release: id,
  configBudgetMs: 30_000,
  globalPrivacyControl: 'ignore',
});

function busy(ms) {
  for (const until = performance.now() + ms; performance.now() < until; );
}

// No top-level await: Firefox takes a page for loaded when that is over, and it is to be killed before.
live();

async function live() {
  const { model } = await monitor.load('face', {
    adapter: tfjs(tf),
    url: `/model/${phase}/${id}/blazeface.json`,
    async load(url) {
      const loaded = await loadGraphModel(url);
      if (phase === 'first_prediction') {
        const { predict } = loaded;
        let first = true;
        loaded.predict = function (...args) {
          if (first) {
            first = false;
            busy(60_000);
          }
          return predict.apply(this, args);
        };
      }
      return loaded;
    },
  });
  const image = tf.zeros([1, 256, 256, 3]);

  async function predict() {
    const outputs = [model.predict(image)].flat();
    await outputs[0].data();
    for (const each of outputs) each.dispose();
  }

  if (phase === 'first_prediction') await tell('first_prediction');
  await predict();
  await tell(phase === 'none' ? 'done' : phase);
  if (end === 'navigate') location.href = `/away?id=${id}`;
  else if (end === 'close') close();
  else for (;;) await predict().then(() => new Promise((resolve) => setTimeout(resolve, 15)));
}
