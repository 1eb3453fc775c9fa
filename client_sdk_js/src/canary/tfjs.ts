/** Runs a model of TensorFlow.js on the reference input. */

import type { CanaryRun } from '../core/options.js';
import { type CanaryOptions, fillInputs } from './options.js';
import { type Output, referenceValues } from './values.js';

/** The part of `tf` that is used. */
export interface CanaryTensorFlow {
  tensor(values: never, shape: never, dtype: never): object;
  dispose(tensors: never): void;
}

/** A graph model or a layers model. */
export interface CanaryModel {
  inputs: readonly { name: string; dtype: string; shape?: readonly (number | null)[] }[];
  predict(inputs: never): unknown;
  executeAsync?(inputs: never): Promise<unknown>;
}

interface Result {
  data(): Promise<ArrayLike<number>>;
}

/** The `canary` of `check`, for models that `tf.loadGraphModel` or `tf.loadLayersModel` loads. */
export function tfjsCanary(tf: CanaryTensorFlow, options: CanaryOptions): CanaryRun<CanaryModel> {
  const run = async (model: CanaryModel) => {
    const filled = await fillInputs(
      model.inputs.map(({ name, dtype, shape = [] }) => ({ name, dtype, shape })),
      options,
    );
    if (!filled) return null;
    const made = filled.map(({ data, shape, dtype }) =>
      tf.tensor(data as never, shape as never, dtype as never),
    );
    let results: Result[] = [];
    try {
      // Layers models take tensors in order, graph models by name.
      const named = Object.fromEntries(filled.map(({ name }, i) => [name, made[i]]));
      results = listed(await predict(model, model.executeAsync ? named : made.length === 1 ? made[0] : made));
      const outputs: Output[] = await Promise.all(results.map((result) => result.data()));
      return referenceValues(outputs, options.values);
    } finally {
      tf.dispose([...made, ...results] as never);
    }
  };
  return Object.assign(run, { id: options.id });
}

/** Some graphs can only be run asynchronously; the first prediction tells. */
function predict(model: CanaryModel, feed: unknown): unknown {
  try {
    return model.predict(feed as never);
  } catch (error) {
    if (!(model.executeAsync && String(error).includes('executeAsync'))) throw error;
    return model.executeAsync(feed as never);
  }
}

function listed(results: unknown): Result[] {
  if (Array.isArray(results)) return results;
  const given = results as Result | Record<string, Result>;
  if (typeof given.data === 'function') return [given as Result];
  return Object.entries(given as Record<string, Result>)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, result]) => result);
}
