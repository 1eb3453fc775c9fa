import { t as CanaryRun } from "./types/options.js";

// canary/numbers.d.ts
/**
 * The reference input that is made: the same numbers, to the last bit, as `inferfleet canary record` computes
 * (collector/variants/canary/reference_input.py). tests/vectors/canary.json holds both to it.
 */
/** The range of the numbers: of a pixel, as the model wants it. */
type Scale = '0..1' | '-1..1' | '0..255';
declare const ARRAYS: {
  float32: Float32ArrayConstructor;
  float64: Float64ArrayConstructor;
  float16: Float32ArrayConstructor;
  int8: Int8ArrayConstructor;
  uint8: Uint8ArrayConstructor;
  int16: Int16ArrayConstructor;
  uint16: Uint16ArrayConstructor;
  int32: Int32ArrayConstructor;
  int64: BigInt64ArrayConstructor;
  bool: Uint8ArrayConstructor;
};
type Numbers = InstanceType<(typeof ARRAYS)[keyof typeof ARRAYS]>;
/** So many numbers for an input of the model, in the order of its elements. */
declare function referenceInput(size: number, {
  scale,
  dtype
}?: {
  scale?: Scale;
  dtype?: string;
}): Numbers;
interface CanaryOptions {
  /** The recorded canary's id. It stands for the model and the input: a page with another model has another one. */
  id: string;
  /** Where `canary_input.bin` is, when the canary was recorded with an input of your own. */
  input?: string;
  /** Its hash, as in Subresource Integrity. A file with another one is another input, and the canary is not run on it. */
  integrity?: string;
  /** The range of the numbers, when they are made. Default `0..1`. */
  scale?: Scale;
  /** How many values are compared. Default 32. */
  values?: number;
  /** Sizes of inputs by name, where the model leaves more open than its first dimension. */
  shapes?: Readonly<Record<string, readonly number[]>>;
}
/** The part of `ort` that is used. */
interface CanaryOrt {
  Tensor: new (type: never, data: never, dims: never) => object;
}
/** An `ort.InferenceSession`. */
interface CanarySession {
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
/** The `canary` of `check`, for sessions that `ort.InferenceSession.create` made. */
declare function ortCanary(ort: CanaryOrt, options: CanaryOptions): CanaryRun<CanarySession>;
/** The part of `tf` that is used. */
interface CanaryTensorFlow {
  tensor(values: never, shape: never, dtype: never): object;
  dispose(tensors: never): void;
}
/** A graph model or a layers model. */
interface CanaryModel {
  inputs: readonly {
    name: string;
    dtype: string;
    shape?: readonly (number | null)[];
  }[];
  predict(inputs: never): unknown;
  executeAsync?(inputs: never): Promise<unknown>;
}
/** The `canary` of `check`, for models that `tf.loadGraphModel` or `tf.loadLayersModel` loads. */
declare function tfjsCanary(tf: CanaryTensorFlow, options: CanaryOptions): CanaryRun<CanaryModel>;
/** An output's data, as the libraries give it. */
type Output = ArrayLike<number | bigint | boolean>;
/**
 * At most so many values out of all outputs, in the model's order of outputs: all of an output that is small, else one
 * from each of equal parts, at a place that varies, so that not one column of a table is taken each time.
 */
declare function referenceValues(outputs: readonly Output[], most?: number): number[];
export { type CanaryModel, type CanaryOptions, type CanaryOrt, type CanarySession, type CanaryTensorFlow, type Scale, ortCanary, referenceInput, referenceValues, tfjsCanary };