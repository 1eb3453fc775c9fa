/**
 * Tells of each tensor that is made and disposed of: what the engine counts by `numTensors`, at the two methods that count.
 * All copies of TensorFlow.js in a page share one engine, so that one hook sees them all. It keeps no tensor: only ids.
 */

import type { Makings } from '../core/adapter.js';
import type { LeakedDtype } from '../generated/report.js';
import type { MadeTensor, TensorFlow, TfEngine } from './types.js';

const BYTES: Partial<Record<LeakedDtype, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  complex64: 8,
  string: 0,
};

const hooks = new WeakMap<TfEngine, { tellers: Set<Makings>; unhook(): void }>();

/** Tells from now on. Returns what ends it: with the last one, the engine is as it was. */
export function watchTensors(tf: TensorFlow, makings: Makings): () => void {
  const engine = tf.engine() as TfEngine;
  const hook = hooks.get(engine) ?? hookInto(engine);
  hooks.set(engine, hook);
  hook.tellers.add(makings);
  return () => {
    hook.tellers.delete(makings);
    if (hook.tellers.size || hooks.get(engine) !== hook) return;
    hooks.delete(engine);
    hook.unhook();
  };
}

function hookInto(engine: TfEngine) {
  const tellers = new Set<Makings>();
  let { state } = engine;

  const undo = [
    around(engine, 'trackTensor', (call, tensor, below) => {
      call(); // first: what it throws is the page's, and then nothing was made
      if (engine.state !== state) {
        state = engine.state; // tf.engine().reset()
        for (const teller of tellers) teller.cleared();
      }
      const { id, size, shape } = tensor;
      const dtype = (tensor.dtype in BYTES ? tensor.dtype : 'other') as LeakedDtype;
      const made = { shape: shape.join(), dtype, bytes: size * (BYTES[dtype] ?? 4) };
      for (const teller of tellers) teller.born(id, made, below);
    }),
    around(engine, 'disposeTensor', (call, { id }) => {
      call();
      for (const teller of tellers) teller.gone(id);
    }),
  ];
  return {
    tellers,
    unhook() {
      for (const step of undo) step();
    },
  };
}

type Counted = 'trackTensor' | 'disposeTensor';

/** Puts itself around a method of the engine. Returns what takes it off again. */
function around(
  engine: TfEngine,
  name: Counted,
  step: (call: () => void, tensor: MadeTensor, below: unknown) => void,
): () => void {
  const theirs = engine[name];
  const before = Object.getOwnPropertyDescriptor(engine, name);
  const ours: TfEngine[Counted] = function (this: unknown, tensor: MadeTensor, ...rest: unknown[]) {
    step(() => theirs.call(engine, tensor, ...rest), tensor, ours);
  };
  Object.defineProperty(engine, name, { value: ours, writable: true, configurable: true });
  return () => {
    // Whoever came after us keeps theirs; ours then tells nobody.
    if (engine[name] !== ours) return;
    if (before) Object.defineProperty(engine, name, before);
    else delete (engine as Partial<TfEngine>)[name];
  };
}
