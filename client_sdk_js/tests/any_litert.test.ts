/** Objects of the shape of LiteRT.js 2.5: async `run`, tensors that say where they are and are freed by `delete`. */

import { beforeEach, describe, expect, it } from 'vitest';
import { type AnyOptions, any } from '../src/any.js';
import type { Window } from '../src/generated/report.js';
import { createMonitor, type Monitor } from '../src/index.js';
import { FakeHost, settle } from './fake_host.js';

type Place = 'wasm' | 'webgpu';

let host: FakeHost;
let monitor: Monitor;
let windows: Window[];

class Tensor {
  deleted = false;
  constructor(readonly place: Place) {}
  get accelerator(): Place {
    return this.place;
  }
  async data(): Promise<Float32Array> {
    if (this.place === 'wasm') return new Float32Array(1);
    const copy = await this.copyTo('wasm');
    const data = await copy.data();
    copy.delete();
    return data;
  }
  async copyTo(place: Place): Promise<Tensor> {
    await host.advance(40);
    return new Tensor(place);
  }
  async moveTo(place: Place) {
    const moved = await this.copyTo(place);
    this.delete();
    return moved;
  }
  delete() {
    this.deleted = true;
  }
}

class SignatureRunner {
  constructor(readonly place: Place) {}
  async run(input: Tensor | Record<string, Tensor>) {
    await settle();
    const outputs = [new Tensor(this.place), new Tensor(this.place)] as const;
    return input instanceof Tensor ? outputs : { boxes: outputs[0], scores: outputs[1] };
  }
}

class CompiledModel {
  readonly signatures: Readonly<Record<string, SignatureRunner>>;
  constructor(readonly place: Place) {
    this.signatures = Object.freeze({ detect: new SignatureRunner(place) });
  }
  async run(input: Tensor) {
    const outputs = await (this.signatures.detect as SignatureRunner).run(input);
    return outputs as readonly Tensor[];
  }
  deleted = false;
  delete() {
    this.deleted = true; // and none of its results
  }
}

const LITERT: AnyOptions = { engine: 'litert', reads: ['data', 'moveTo', 'copyTo'], frees: ['delete'] };
const input = new Tensor('wasm');

beforeEach(() => {
  host = new FakeHost();
  monitor = createMonitor({ app: 'lab', endpoint: '', host, remoteConfig: false });
  windows = [];
  monitor.on('window', (window) => windows.push(window));
});

const tensors = (window: Window | undefined) => {
  let sum = 0;
  return window?.memory?.tensors.map((difference) => (sum += difference));
};

describe('results that only the page frees', () => {
  it('grow by each that was not deleted', async () => {
    const model = new CompiledModel('wasm');
    monitor.wrap('leaky', model, { adapter: any(LITERT) });
    for (let i = 0; i < 8; i++) {
      const [boxes] = await model.run(input);
      boxes?.delete(); // and not the scores
      boxes?.delete(); // once more is not one less
    }
    await monitor.flush();
    expect(tensors(windows[0])).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(monitor.snapshot().models[0]?.tensors_per_prediction).toBe(1);
  });

  it('are none when all are deleted, those by name and copies too', async () => {
    const { detect } = new CompiledModel('webgpu').signatures;
    if (!detect) throw new Error('no signature');
    monitor.wrap('tidy', detect, { adapter: any(LITERT) });
    for (let i = 0; i < 4; i++) {
      const { boxes, scores } = (await detect.run({ x: input })) as Record<'boxes' | 'scores', Tensor>;
      const moved = await boxes.moveTo('wasm');
      await moved.data();
      await scores.data(); // copies inside, and deletes the copy
      for (const each of [moved, scores]) each.delete();
    }
    await monitor.flush();
    expect(windows[0]).toMatchObject({ count: 4 });
    expect(tensors(windows[0])).toEqual([0, 0]);
  });

  it('are moved, and stay counted where they are then', async () => {
    const model = new CompiledModel('webgpu');
    monitor.wrap('mover', model, { adapter: any(LITERT) });
    for (let i = 0; i < 3; i++) for (const each of await model.run(input)) await each.moveTo('wasm');
    await monitor.flush();
    expect(tensors(windows[0])).toEqual([0, 2, 4]);
  });

  it('count once for models that share the adapter, and are of both on the engine', async () => {
    const model = new CompiledModel('wasm');
    const adapter = any(LITERT);
    monitor.wrap('whole', model, { adapter });
    monitor.wrap('signature', model.signatures.detect as SignatureRunner, { adapter });
    await model.run(input);
    expect(adapter.memory()).toMatchObject({ tensors: 2, bytes: 0 });
    model.delete(); // frees none of its results
    expect(adapter.memory()).toMatchObject({ tensors: 2 });
  });

  it('leave the objects of the language alone', async () => {
    const original = Map.prototype.delete;
    const model = { run: async () => [new Map([['a', 1]]), new Set([1]), null, 'text'] };
    const adapter = any({ frees: ['delete'] });
    monitor.wrap('maps', model, { adapter });
    expect(await model.run()).toHaveLength(4);
    expect(Map.prototype.delete).toBe(original);
    expect(adapter.memory()).toMatchObject({ tensors: 0 });
  });
});

describe('a signature', () => {
  it('is wrapped as a model of its own, which the record that is frozen allows', async () => {
    const model = new CompiledModel('wasm');
    const detect = model.signatures.detect as SignatureRunner;
    const { unwrap } = monitor.wrap('face_detect', detect, { adapter: any(LITERT) });
    expect(model.signatures.detect).toBe(detect);
    await detect.run(input);
    await model.run(input); // goes through it
    unwrap();
    await detect.run(input);
    await monitor.flush();
    expect(windows).toMatchObject([{ model: 'face_detect', engine: 'litert', count: 2 }]);
  });
});

describe('results that are read later', () => {
  it('are there at once when LiteRT fell back to wasm, whenever the page reads them', async () => {
    const model = new CompiledModel('wasm');
    monitor.wrap('fallen', model, { adapter: any(LITERT) });
    const [boxes] = await model.run(input);
    await host.advance(203); // a pause of the page, which is not the model's time
    await boxes?.data();
    await monitor.flush();
    expect(windows[0]).toMatchObject({ ready_method: 'return', count: 1 });
    expect(windows[0]?.ready_ms?.buckets[0]).toBe(windows[0]?.dispatch_ms?.buckets[0]);
  });

  it('are there when the read of them settled while they are on a GPU', async () => {
    const model = new CompiledModel('webgpu');
    monitor.wrap('gpu', model, { adapter: any(LITERT) });
    const [boxes] = await model.run(input);
    await boxes?.data();
    await monitor.flush();
    expect(windows[0]).toMatchObject({ ready_method: 'read', count: 1 });
  });
});

describe('what the page tells of memory', () => {
  it('is made whole, so that no collector refuses a window for it', async () => {
    const told = {
      tensors: Number.NaN,
      heap_bytes: 1 << 24,
      gpu_bytes: -1,
      gpu_allocated_bytes: 0.5,
      name: 'x',
    };
    const adapter = any({ memory: () => told });
    const memory = Object.entries(adapter.memory() ?? {}).filter(([, value]) => value !== undefined);
    expect(Object.fromEntries(memory)).toEqual({ tensors: 0, bytes: 0, heap_bytes: 1 << 24 });
  });

  it('names threads on wasm only', () => {
    let backend: 'webgpu' | 'wasm-simd-threads' = 'webgpu';
    const adapter = any({ backend: () => backend, threads: () => 4 });
    expect(adapter.executor().threads).toBeUndefined();
    backend = 'wasm-simd-threads';
    expect(adapter.executor().threads).toBe(4);
  });
});
