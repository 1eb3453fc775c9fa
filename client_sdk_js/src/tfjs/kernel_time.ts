/**
 * The GPU's own time of one prediction, by WebGL's disjoint timer query. Only there: on cpu and wasm it is the wall
 * time that ready_ms has already, and WebGPU's timestamps are rounded to 100 us a kernel, which adds up to nonsense.
 *
 * `tf.time` is safe to use only around a function that cannot throw: its backends reset their timers without a
 * `finally`. (`tf.profile` is not used at all: it reads every kernel's result back.)
 */

import type { Observer, Prediction } from '../core/adapter.js';
import type { TensorFlow, TfEngine, TfEnvironment } from './types.js';

const RELIABLE = 'WEBGL_DISJOINT_QUERY_TIMER_EXTENSION_RELIABLE';

/** The timer query of the current webgl backend, when it can be trusted and nobody else uses it. */
function timerOf(tf: TensorFlow): (() => boolean) | undefined {
  const { backendInstance, state } = tf.engine() as TfEngine;
  if (!backendInstance?.getGPGPUContext || backendInstance.activeTimers || state.profiling) return;
  if (!((tf.env() as TfEnvironment).getNumber(RELIABLE) > 0)) return;
  const gl = backendInstance.getGPGPUContext?.().gl;
  const extension = gl?.getExtension('EXT_disjoint_timer_query_webgl2');
  if (!gl || !extension) return;
  // Reading it also clears it: TensorFlow.js polls for ever once it has seen a true here.
  return () => !!gl.getParameter(extension.GPU_DISJOINT_EXT);
}

/** Runs `call`, timed on the GPU when that is possible now. Returns and throws what `call` does. */
export function runTimed(
  tf: TensorFlow,
  call: () => unknown,
  prediction: Prediction,
  observer: Observer,
): unknown {
  let wasDisjoint: (() => boolean) | undefined;
  try {
    wasDisjoint = timerOf(tf);
    wasDisjoint?.();
  } catch (error) {
    observer.fault(error);
  }
  if (!wasDisjoint) return call();
  const disjoint = wasDisjoint;
  let outcome: { value: unknown } | { error: unknown } | undefined;
  observer.kernelTimed?.(prediction);
  const times = tf.time(() => {
    try {
      outcome = { value: call() };
    } catch (error) {
      outcome = { error };
    }
  });
  times
    .then(({ kernelMs }) => {
      // The GPU changed its clock on the way: the figure means nothing.
      if (outcome && 'value' in outcome && !disjoint() && typeof kernelMs === 'number' && kernelMs > 0)
        observer.kernel?.(prediction, kernelMs, 'gpu_timer');
    })
    .catch(observer.fault);
  if (!outcome) return call(); // tf.time failed before it ran anything
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}
