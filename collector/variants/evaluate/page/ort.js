// onnxruntime-web, by the build of it that has the backend.
import { makeLab } from './lab.js';

let ort;
let session;
let backend;

const engine = {
  async start(name, scripts, base) {
    ort = await import(base + scripts[0]);
    ort.env.wasm.wasmPaths = `${base}engine/`;
    ort.env.logLevel = 'error';
    backend = name;
    if (name === 'webgpu' && !(await navigator.gpu?.requestAdapter()))
      throw new Error('the browser has no WebGPU adapter');
    const threads = globalThis.crossOriginIsolated && ort.env.wasm.numThreads !== 1;
    const kind = threads && navigator.hardwareConcurrency > 2 ? 'wasm-simd-threads' : 'wasm-simd';
    return { version: ort.env.versions.web, runs_as: name === 'wasm' ? kind : name };
  },

  async load(url) {
    // The session is given bytes: a status that is not 200 must not be read as a model.
    const response = await fetch(url);
    if (!response.ok) throw new Error(`the model's download failed with status ${response.status}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    session = await ort.InferenceSession.create(bytes, { executionProviders: [backend] });
  },

  async feed(tensors) {
    return Object.fromEntries(
      tensors.map(({ name, dtype, data, shape }) => [name, new ort.Tensor(dtype, data, shape)]),
    );
  },

  async predict(feed) {
    const results = await session.run(feed);
    return Promise.all(
      session.outputNames.map(async (name) => {
        const result = results[name];
        const data = await result.getData();
        const output = { name, dtype: result.type, shape: [...result.dims], data };
        return output;
      }),
    );
  },

  free(feed) {
    for (const tensor of Object.values(feed)) tensor.dispose();
  },

  async unload() {
    await session?.release();
    session = undefined;
  },

  /** onnxruntime-web does not count its tensors. */
  memory: () => null,
};

globalThis.lab = makeLab(engine);
