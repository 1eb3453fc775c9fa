// One page measures one backend. Python calls start, load, predict and unload, one at a time, and keeps the clock on hangs.
//
// An engine (tfjs.js, ort.js) gives: start(backend, scripts, base) -> {version, runs_as}, load(url, format),
// feed(tensors) -> what predict takes, predict(feed) -> [{name, dtype, shape, data}], free(feed), unload(), memory().

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
  // Bits: what has no arrays of half floats still passes them on.
  float16: globalThis.Float16Array ?? Uint16Array,
};

/** Many bytes as text, in pieces that fit on the stack. */
function encode(view) {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  let text = '';
  for (let at = 0; at < bytes.length; at += 32_768)
    text += String.fromCharCode(...bytes.subarray(at, at + 32_768));
  return btoa(text);
}

const lost = Promise.withResolvers();
lost.promise.catch(() => undefined);

/** Ends all that is under way: after a lost context an engine may wait for ever. */
export function lose(what) {
  lost.reject(new Error(what));
}

/** An engine may throw something else first: the browser tells of a loss a moment later. */
const EVENT_MS = 100;

async function unlessLost(work) {
  try {
    return await Promise.race([work, lost.promise]);
  } catch (error) {
    await Promise.race([lost.promise, new Promise((resolve) => setTimeout(resolve, EVENT_MS))]);
    throw error;
  }
}

/** Why a carried tensor is not what an input takes: its type, or a size that the model declares (null: any). */
function misfit({ dtype, shape }, port) {
  const fits =
    dtype === port.dtype &&
    shape.length === port.shape.length &&
    port.shape.every((size, at) => size === null || size === shape[at]);
  if (fits) return '';
  const wanted = port.shape.map((size) => size ?? '?').join(', ');
  return `it is ${dtype} [${shape.join(', ')}], and ${port.name} takes ${port.dtype} [${wanted}]`;
}

export function makeLab(engine) {
  /** Outputs of the last call that are inputs of the next one, by the input's name. */
  let held = new Map();
  return {
    /** @returns {{version: string, runs_as: string, init_ms: number}} */
    async start(backend, scripts, base) {
      const began = performance.now();
      const started = await unlessLost(engine.start(backend, scripts, base));
      return { ...started, init_ms: performance.now() - began };
    },

    /** Downloads and prepares a variant. @returns {{load_ms: number, memory: object | null}} */
    async load(url, format) {
      const began = performance.now();
      held = new Map();
      await unlessLost(engine.load(url, format));
      return { load_ms: performance.now() - began, memory: engine.memory() };
    },

    /**
     * One prediction. The time is from the call to the data of all outputs; neither the input's download nor the
     * conversion of the outputs is in it. `carry` lists `[output, place, input]`: this output becomes that input
     * of the next call. A port that is `held` is one that the call before left.
     */
    async predict(url, ports, carry) {
      const buffer = await (await fetch(url)).arrayBuffer();
      const tensors = ports.map((port) => {
        const { name, dtype, shape, offset, length } = port;
        if (!port.held) return { name, dtype, shape, data: new ARRAYS[dtype](buffer, offset, length) };
        const kept = held.get(name);
        const why = kept ? misfit(kept, port) : 'no call came before';
        if (why) throw new Error(`what is carried to ${name} does not fit: ${why}`);
        return { ...kept, name };
      });
      const feed = await engine.feed(tensors);
      try {
        const began = performance.now();
        const outputs = await unlessLost(engine.predict(feed));
        const ready_ms = performance.now() - began;
        held = new Map();
        for (const [output, place, input] of carry) {
          const found = outputs.find(({ name }) => name === output) ?? outputs[place];
          if (!found) throw new Error(`there is no output ${output} to carry to ${input}`);
          held.set(input, found);
        }
        return {
          ready_ms,
          outputs: outputs.map(({ data, ...rest }) => ({ ...rest, data: encode(data) })),
        };
      } finally {
        engine.free(feed);
      }
    },

    /** The outputs of several inputs, `[url, ports, carry]` each, one after the other; nobody looks at the time. */
    async outputs(inputs) {
      const found = [];
      for (const input of inputs) found.push((await this.predict(...input)).outputs);
      return found;
    },

    memory: () => engine.memory(),

    unload: () => engine.unload(),
  };
}
