/**
 * Looks at some of a model's results for NaN, Infinity or one and the same value throughout, when the page asked for
 * it. On a GPU backend only at what the page's own read gave it: no read is added there.
 */

import type { OutputCheck } from '../core/options.js';
import type { Watch } from '../core/watch.js';

const VALUES_LOOKED_AT = 1_024; // of each tensor, evenly spaced: NaN seldom comes alone
const OUTPUTS_LOOKED_AT = 16;
const MOST_COPIED = 1 << 20; // values; wasm copies a tensor when it is looked at
const CONSTANT_IN_A_ROW = 3;

/** Looks at results from now on; calls `wrong` once. */
export function checkOutputs(
  { _observer: observer }: Watch,
  { every = 100, constant }: OutputCheck<never>,
  wrong: () => void,
): void {
  if (!(every > 0)) return;
  const { ready } = observer;
  let untilLook = 1;
  let constants = 0;

  function look(output: unknown): void {
    const outputs = valuesOf(output);
    if (!outputs.length) return;
    untilLook = every;
    constants = constant && outputs.every(isConstant) ? constants + 1 : 0;
    if (constants < CONSTANT_IN_A_ROW && outputs.every(allFinite)) return;
    untilLook = Number.POSITIVE_INFINITY;
    wrong();
  }

  observer.ready = (prediction, method, output) => {
    ready(prediction, method);
    if (--untilLook > 0) return;
    try {
      look(output);
    } catch (error) {
      observer.fault(error);
    }
  };
}

/** The numbers in what a read gave, or a call returned: one list for each tensor, none for what is no numbers. */
export function valuesOf(output: unknown, depth = 2): ArrayLike<number>[] {
  if (typeof output !== 'object' || output === null) return [];
  if (ArrayBuffer.isView(output)) return isNumbers(output) ? [output] : [];
  if (Array.isArray(output) && typeof output[0] === 'number') return [output];
  const tensor = output as Partial<ResultTensor>;
  // A tensor of TensorFlow.js comes here on cpu and wasm only, where its values lie in memory.
  if (tensor.dataId) return Number(tensor.size) <= MOST_COPIED ? valuesOf(tensor.dataSync?.(), 0) : [];
  if (typeof tensor.location === 'string') return tensor.location === 'cpu' ? valuesOf(tensor.data, 0) : [];
  if (!depth) return [];
  return Object.values(output)
    .slice(0, OUTPUTS_LOOKED_AT)
    .flatMap((each) => valuesOf(each, depth - 1));
}

interface ResultTensor {
  dataId: object;
  size: number;
  dataSync(): unknown;
  /** onnxruntime-web: reading `data` of a tensor that is elsewhere than on the cpu throws. */
  location: string;
  readonly data: unknown;
}

const isNumbers = (view: object): view is ArrayLike<number> =>
  typeof (view as { 0?: unknown })[0] === 'number';

/** Whether `holds` for values evenly spaced, the first one included. */
function sampled(values: ArrayLike<number>, holds: (value: number) => boolean): boolean {
  const step = Math.ceil(values.length / VALUES_LOOKED_AT);
  for (let i = 0; i < values.length; i += step) if (!holds(values[i] as number)) return false;
  return true;
}

const allFinite = (values: ArrayLike<number>): boolean => sampled(values, Number.isFinite);

/** A single value is always like itself, which says nothing. */
const isConstant = (values: ArrayLike<number>): boolean =>
  values.length > 1 && sampled(values, (value) => value === values[0]);
