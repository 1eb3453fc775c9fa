// What the SDK costs the page it lives in, in a real Chromium. Prints one JSON line last; fails over its targets.
//
// `overhead_us` is of a model that computes nothing, through the real TensorFlow.js adapter: all that is left is ours.
// `clock_us` says how much of it is the machine's: one read of its clock.
// `overhead_layer_us` is the same around a real layer on the cpu backend, where the model's own noise comes in.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { installPeers } from '../sdk_size/install.mjs';
import { addLayers, clock, init, overhead, predict, windowBytes } from './page.mjs';
import { costOf, EMITTERS } from './peers.mjs';
import { serve } from './server.mjs';
import { longestTask } from './tasks.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, '../..');
const RETAINED_AFTER = 1_000_000;
const TARGETS = {
  overhead_p50_us: 2,
  overhead_p95_us: 10,
  init_ms: 1,
  longest_task_ms: 5,
  retained_bytes: 512 * 1024,
  bytes_per_window: 600,
};

installPeers();
const { outputFiles } = await build({
  stdin: { contents: `export * as tf from '@tensorflow/tfjs';`, resolveDir: join(ROOT, 'client_sdk_js') },
  bundle: true,
  minify: true,
  format: 'esm',
  write: false,
  logLevel: 'error',
});
const server = await serve({ '/tf.js': outputFiles[0].contents }, join(ROOT, 'client_sdk_js/dist'));
const browser = await chromium.launch({
  executablePath: process.env.INFERFLEET_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
const open = async () => {
  const page = await browser.newPage();
  await page.goto(server.origin);
  return page;
};

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

async function inits(times) {
  const all = [];
  for (let i = 0; i < times; i++) {
    const page = await open();
    all.push(await page.evaluate(init));
    await page.close();
  }
  return median(all);
}

async function longestTasks(times) {
  const all = [];
  for (let i = 0; i < times; i++) all.push(await longestTask(await open(), init, predict));
  return { wall: median(all.map(({ wall }) => wall)), cpu: median(all.map(({ cpu }) => cpu)) };
}

async function retained() {
  const page = await open();
  await page.evaluate(init);
  const cdp = await page.context().newCDPSession(page);
  const used = async () => {
    await page.evaluate(() => window.cost.monitor.flush());
    for (let i = 0; i < 3; i++) await cdp.send('HeapProfiler.collectGarbage');
    return (await cdp.send('Runtime.getHeapUsage')).usedSize;
  };
  await page.evaluate(predict, { predictions: 50_000 });
  const before = await used();
  await page.evaluate(predict, { predictions: RETAINED_AFTER, each: 1_000 });
  const after = await used();
  await page.close();
  return after - before;
}

const init_ms = await inits(25);
const page = await open();
await page.evaluate(init);
await page.evaluate(addLayers);
await page.evaluate(predict, { predictions: 20_000 }); // the compiler has seen it all
const overhead_us = await page.evaluate(overhead, {
  watched: 'model',
  twin: 'twin',
  blocks: 5_000,
  calls: 100,
});
const clock_us = await page.evaluate(clock);
const overhead_layer_us = await page.evaluate(overhead, {
  watched: 'real',
  twin: 'realTwin',
  blocks: 300,
  calls: 20,
});
const window = await page.evaluate(windowBytes, { spread: 0.15, leaky: false, kernelEvery: 1_000 });
const others = {
  wide: (await page.evaluate(windowBytes, { spread: 0.4, leaky: false, kernelEvery: 1_000 })).bytes,
  leaky: (await page.evaluate(windowBytes, { spread: 0.15, leaky: true, kernelEvery: 1_000 })).bytes,
};
await page.close();
const longest = await longestTasks(5);
const retained_bytes = await retained();
const peers = {};
for (const [name, source] of Object.entries(EMITTERS)) {
  peers[name] = await costOf(source, browser, server.origin, HERE);
  console.log(`${name.padEnd(26)} ${JSON.stringify(peers[name])}`);
}
await browser.close();
server.close();

const figures = {
  overhead_us,
  clock_us,
  overhead_layer_us,
  init_ms,
  longest_task_ms: longest.wall,
  longest_task_cpu_ms: longest.cpu,
  retained_bytes,
  bytes_per_window: window.bytes,
  bytes_per_window_others: others,
  bytes_per_prediction: window.bytes / window.count,
  peers,
};
const measured = { ...figures, overhead_p50_us: overhead_us.p50, overhead_p95_us: overhead_us.p95 };
const over = Object.entries(TARGETS).filter(([key, most]) => measured[key] > most);
for (const [key, most] of over)
  console.error(`sdk-cost: ${key} is ${measured[key]}, over its target of ${most}`);
if (!window.kernel)
  console.error('sdk-cost: the window had no kernel histogram, so that its bytes are too few');
console.log(
  JSON.stringify(figures, (_, value) => (typeof value === 'number' ? Number(value.toFixed(3)) : value)),
);
process.exitCode = over.length || !window.kernel ? 1 : 0;
