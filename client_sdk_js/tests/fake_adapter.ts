/** An inference library of two lines, for what the real one cannot be made to do on demand. */

import type { Adapter, Backends, Lost, Observer } from '../src/core/adapter.js';
import type { Backend } from '../src/generated/report.js';

export interface FakeModel {
  url: string;
  predict(x: number): number;
}

export class FakeAdapter implements Adapter, Backends {
  readonly engine = 'tfjs';
  current: Backend = 'other';
  natural: Backend = 'webgl';
  startable = new Set<Backend>(['cpu', 'wasm-simd', 'webgl', 'webgpu']);
  started: Backend[] = [];
  givenUp: Backend[] = [];
  tensors = 10;
  observers: Observer[] = [];
  lose: Lost = () => undefined;

  executor = () => ({ backend: this.current, threads: 0 });
  memory = () => ({ tensors: this.tensors, bytes: this.tensors * 4, gpu: undefined });
  backends = async () => this;
  version = '1.0.0';
  restorer = () => {
    const before = this.current;
    return async () => {
      this.current = before;
    };
  };
  isStarted = (backend: Backend) => this.started.includes(backend);
  async start(backend: Backend) {
    if (!this.startable.has(backend)) return false;
    this.started.push(backend);
    this.current = backend;
    return true;
  }
  async startDefault() {
    if (this.current === 'other') this.current = this.natural;
  }
  giveUp(backend: Backend) {
    this.givenUp.push(backend);
    if (this.current === backend) this.current = 'other';
  }
  observe(model: object, observer: Observer) {
    this.observers.push(observer);
    const target = model as FakeModel;
    const original = target.predict;
    target.predict = (x) => {
      const prediction = observer.begin();
      const result = original.call(target, x);
      if (prediction) {
        observer.dispatched(prediction);
        observer.ready(prediction, 'return');
      }
      return result;
    };
    return () => {
      target.predict = original;
    };
  }
  watchLoss(lost: Lost) {
    this.lose = lost;
  }
}

export const fakeModel = (url: string): FakeModel => ({ url, predict: (x) => x * 2 });
