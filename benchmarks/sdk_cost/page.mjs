// What runs inside the page. Each function is handed to the browser as text, so that it stands alone.

/** Cold: the first monitor of a page and its first watched model, in ms. */
export async function init() {
  const { tf } = await import('/tf.js');
  await tf.setBackend('cpu');
  const x = tf.zeros([1, 8]);
  // TensorFlow.js goes on compiling on other threads, and the page before this one is still being torn down.
  await new Promise((resolve) => setTimeout(resolve, 300));
  const [{ createMonitor }, { tfjs }] = await Promise.all([import('/sdk/index.js'), import('/sdk/tfjs.js')]);
  const model = { predict: (x) => x };
  const started = performance.now();
  // As visitors have it: on localhost a monitor also looks for leaks.
  const monitor = createMonitor({
    app: 'cost',
    endpoint: '',
    remoteConfig: false,
    windowMs: 2_000,
    dev: false,
  });
  monitor.wrap('model', model, { adapter: tfjs(tf) });
  const ms = performance.now() - started;
  window.cost = { tf, tfjs, monitor, model, twin: { predict: (x) => x }, x };
  return ms;
}

/** A real layer and its twin that nobody watches. Apart, as making a layer is a long task of TensorFlow.js' own. */
export function addLayers() {
  const { tf, tfjs, monitor } = window.cost;
  const layer = () => tf.sequential({ layers: [tf.layers.dense({ units: 4, inputShape: [8] })] });
  const real = layer();
  monitor.wrap('layer', real, { adapter: tfjs(tf) });
  Object.assign(window.cost, { real, realTwin: layer() });
}

/**
 * What watching adds to one call, in us: blocks of calls of the watched model and of its twin take turns, so that a
 * change of the machine's speed meets both. A block is long against the clock's 5 us.
 */
export async function overhead({ watched, twin, blocks, calls }) {
  const { cost } = window;
  const block = (model) => {
    const started = performance.now();
    for (let i = 0; i < calls; i++) {
      const out = model.predict(cost.x);
      if (out !== cost.x) out.dispose();
    }
    return performance.now() - started;
  };
  const added = [];
  for (let i = 0; i < blocks; i++) {
    const first = block(cost[twin]);
    added.push(((block(cost[watched]) - first) / calls) * 1_000);
    if (i % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 0)); // timers of ours get their turn
  }
  added.sort((a, b) => a - b);
  return { p50: added[blocks >> 1], p95: added[Math.floor(blocks * 0.95)] };
}

/** What one read of the page's clock costs, in us: a watched prediction takes two. */
export function clock() {
  const reads = 200_000;
  const started = performance.now();
  for (let i = 0; i < reads; i++) performance.now();
  return ((performance.now() - started) / reads) * 1_000;
}

/** `predictions` of the watched model in small tasks, as an application would make them. */
export async function predict({ predictions, each = 200 }) {
  const { model, x } = window.cost;
  for (let made = 0; made < predictions; made += each) {
    for (let i = 0; i < each; i++) model.predict(x);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

/**
 * Bytes of one full window: 1,800 predictions in a minute with all three histograms, on a clock of the benchmark's.
 * Times are log-normal: dispatch 3 ms, ready 47 ms, kernel 40 ms, each with standard deviation `spread` of the logarithm.
 * `leaky`: a tensor stays behind with every prediction, so that memory is told by all 16 points.
 */
export async function windowBytes({ spread, leaky, kernelEvery }) {
  const { createMonitor } = await import('/sdk/index.js');
  let time = 0;
  let seed = 42;
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return (seed + 0.5) / 2 ** 32;
  };
  const near = (ms) =>
    ms * Math.exp(spread * Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random()));
  const timers = new Set();
  const advance = (to) => {
    for (const timer of [...timers].filter(({ at }) => at <= to)) {
      timers.delete(timer);
      time = Math.max(time, timer.at);
      timer.fn();
    }
    time = to;
  };
  const after = (ms, fn) => {
    const timer = { at: time + ms, fn };
    timers.add(timer);
    return () => timers.delete(timer);
  };
  const host = { now: () => time, epoch: () => 1_800_000_000_000 + time, after };
  const monitor = createMonitor({
    app: 'cost',
    endpoint: '',
    remoteConfig: false,
    kernelEvery,
    dev: false,
    host,
  });
  let observer;
  let made = 0;
  const adapter = {
    engine: 'tfjs',
    executor: () => ({ backend: 'webgl', threads: 0 }),
    memory: () => ({
      tensors: 214 + (leaky ? made : 0),
      bytes: 538_928 + (leaky ? made * 4_096 : 0),
      gpu: 4_194_304 + (leaky ? made * 4_096 : 0),
    }),
    observe(_, given) {
      observer = given;
      return () => undefined;
    },
    backends: async () => ({ watchLoss: () => undefined }),
  };
  let told;
  monitor.on('window', (window) => {
    told ??= window;
  });
  const handle = monitor.wrap('blazeface', {}, { adapter, variant: 'float16' });
  advance(0);
  // Kernels are sampled by a part that is fetched after the page's first moment.
  for (let waited = 0; !observer.wantsKernelTime; waited += 10) {
    if (waited > 10_000) throw new Error('the lazy part of the SDK did not come');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  for (; made < 1_800; made++) {
    const began = time;
    const prediction = observer.begin();
    const timed = observer.wantsKernelTime();
    advance(began + near(3));
    observer.dispatched(prediction);
    if (timed) observer.kernel(prediction, near(40), 'gpu_timer');
    observer.awaited(prediction);
    advance(began + near(47));
    observer.ready(prediction, 'read');
    advance((made + 1) * 33.3);
  }
  handle.unwrap();
  return { bytes: JSON.stringify(told).length, count: told.count, kernel: !!told.kernel_ms };
}
