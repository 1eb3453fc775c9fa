// TensorFlow.js, as a page without a bundler loads it.
import { lose, makeLab } from './lab.js';

/** @type {any} a graph model or a layers model */
let model;
let dynamic = false;

const addScript = (src) =>
  new Promise((loaded, failed) => {
    const script = document.createElement('script');
    script.src = src;
    script.onload = loaded;
    script.onerror = () => failed(new Error(`the script ${src} did not load`));
    document.head.append(script);
  });

/** TensorFlow.js tells nobody when the browser takes the GPU away. */
function watch(tf, backend) {
  if (backend === 'webgl') {
    const { canvas } = tf.backend().getGPGPUContext().gl;
    canvas.addEventListener('webglcontextlost', () => lose('context lost: the browser took WebGL away'));
  }
  if (backend === 'webgpu')
    tf.backend().device.lost.then(({ reason }) =>
      lose(`device lost: the browser took WebGPU away (${reason})`),
    );
}

async function wasmKind(tf) {
  if (!(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'))) return 'wasm';
  return (await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT')) ? 'wasm-simd-threads' : 'wasm-simd';
}

/** Some graphs (NonMaxSuppression, control flow) can only be run asynchronously; the first prediction tells. */
async function run(feed) {
  if (!dynamic) {
    try {
      return model.predict(feed);
    } catch (error) {
      if (!(model.executeAsync && String(error.message).includes('executeAsync'))) throw error;
      dynamic = true;
    }
  }
  return model.executeAsync(feed);
}

/** The results and what each is called: structured outputs have keys, others the names of their tensors. */
function list(results, tf) {
  const single = results instanceof tf.Tensor ? [results] : results;
  const keys = Array.isArray(single) ? undefined : Object.keys(single).sort();
  return {
    tensors: keys ? keys.map((key) => single[key]) : single,
    names: keys ?? single.map((_, index) => model.outputs?.[index]?.name ?? String(index)),
  };
}

const engine = {
  async start(backend, scripts, base) {
    for (const script of scripts) await addScript(base + script);
    const tf = globalThis.tf;
    if (backend === 'wasm') tf.wasm.setWasmPaths(`${base}engine/wasm/`);
    if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js could not start ${backend} here`);
    await tf.ready();
    watch(tf, backend);
    return { version: tf.version.tfjs, runs_as: backend === 'wasm' ? await wasmKind(tf) : backend };
  },

  async load(url, format) {
    dynamic = false;
    const tf = globalThis.tf;
    model = await (format === 'graph-model' ? tf.loadGraphModel(url) : tf.loadLayersModel(url));
  },

  async feed(tensors) {
    const tf = globalThis.tf;
    const made = tensors.map(({ data, shape, dtype }) => tf.tensor(data, shape, dtype));
    // A single input needs no name; of several, layers models take them in order, graph models by name.
    if (made.length === 1) return made[0];
    if (!model.executeAsync) return made;
    return Object.fromEntries(tensors.map(({ name }, index) => [name, made[index]]));
  },

  async predict(feed) {
    const tf = globalThis.tf;
    const { tensors: results, names } = list(await run(feed), tf);
    try {
      const data = await Promise.all(results.map((result) => result.data()));
      return results.map(({ shape, dtype }, index) => ({
        name: names[index],
        dtype,
        shape,
        data: data[index],
      }));
    } finally {
      tf.dispose(results);
    }
  },

  free(feed) {
    globalThis.tf.dispose(feed);
  },

  unload() {
    model?.dispose();
    model = undefined;
  },

  memory() {
    const { numTensors, numBytes } = globalThis.tf.memory();
    return { tensors: numTensors, tensor_bytes: numBytes };
  },
};

globalThis.lab = makeLab(engine);
