/** A short use of all that a page calls, for pages in which something is broken. */

import type { Page } from 'playwright-core';

/** Wraps a model, predicts, stages, and sends; what the page got. */
export const use = (page: Page) =>
  page.evaluate(async () => {
    const { tf, monitor, affine, adapter } = window.modular;
    await tf.setBackend('cpu');
    const loaded = await monitor.load('loaded', { adapter, url: '/m.json', load: async () => affine() });
    const { model } = monitor.wrap('wrapped', affine(), { adapter });
    const results = [];
    for (const each of [loaded.model, model])
      for (const x of [1, 2, 3]) results.push(each.predict(tf.tensor1d([x])).dataSync()[0]);
    monitor.stage('pre')();
    const settled = await Promise.race([
      monitor.flush().then(() => 'settled'),
      new Promise((resolve) => setTimeout(resolve, 45_000, 'hangs')),
    ]);
    return { results, settled, reports: monitor.snapshot().reports };
  });
export const RESULTS = [3, 5, 7, 3, 5, 7];
