/** Runs a session of onnxruntime-web on the reference input. */

import type { CanaryRun } from '../core/options.js';
import { type CanaryOptions, fillInputs } from './options.js';
import { type Output, referenceValues } from './values.js';

/** The part of `ort` that is used. */
export interface CanaryOrt {
  Tensor: new (type: never, data: never, dims: never) => object;
}

/** An `ort.InferenceSession`. */
export interface CanarySession {
  inputNames: readonly string[];
  outputNames: readonly string[];
  /** Of newer versions; without it, `shapes` says the sizes, and all inputs are `float32`. */
  inputMetadata?: readonly {
    name: string;
    isTensor: boolean;
    type?: string;
    shape?: readonly (number | string)[];
  }[];
  run(feeds: never): Promise<unknown>;
}

interface Result {
  getData(): Promise<Output>;
  dispose(): void;
}

/** The `canary` of `check`, for sessions that `ort.InferenceSession.create` made. */
export function ortCanary(ort: CanaryOrt, options: CanaryOptions): CanaryRun<CanarySession> {
  const run = async (session: CanarySession) => {
    const known = new Map(session.inputMetadata?.map((input) => [input.name, input]));
    const filled = await fillInputs(
      session.inputNames.map((name) => {
        const { type = 'float32', shape = ['?', '?'] } = known.get(name) ?? {};
        return { name, dtype: type, shape };
      }),
      options,
    );
    if (!filled) return null;
    const feeds = Object.fromEntries(
      filled.map(({ name, dtype, data, shape }) => [
        name,
        new ort.Tensor(dtype as never, data as never, shape as never),
      ]),
    );
    const results = (await session.run(feeds as never)) as Record<string, Result>;
    const outputs = session.outputNames.map((name) => results[name] as Result);
    try {
      return referenceValues(await Promise.all(outputs.map((output) => output.getData())), options.values);
    } finally {
      for (const output of outputs) output.dispose();
    }
  };
  return Object.assign(run, { id: options.id });
}
