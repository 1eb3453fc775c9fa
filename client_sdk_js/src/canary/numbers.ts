/**
 * The reference input that is made: the same numbers, to the last bit, as `inferfleet canary record` computes
 * (collector/variants/canary/reference_input.py). tests/vectors/canary.json holds both to it.
 */

/** The range of the numbers: of a pixel, as the model wants it. */
export type Scale = '0..1' | '-1..1' | '0..255';

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  // A browser without it has no tensors of it either.
  float16: (globalThis as { Float16Array?: Float32ArrayConstructor }).Float16Array ?? Float32Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
};

export type Numbers = InstanceType<(typeof ARRAYS)[keyof typeof ARRAYS]>;

/** A kind of array for a type of tensor. */
export function arrayFor(dtype: string): (typeof ARRAYS)[keyof typeof ARRAYS] {
  const found = ARRAYS[dtype as keyof typeof ARRAYS];
  if (!found) throw new TypeError(`inferfleet: a canary cannot give an input of type ${dtype}`);
  return found;
}

/** The i-th number of a fixed sequence in [0, 1), in steps of 2^-24. */
export function noise(i: number): number {
  let h = Math.imul(i + 1, 0x9e3779b1);
  h ^= h >>> 15;
  h = Math.imul(h, 0x85ebca77);
  h ^= h >>> 13;
  return (h >>> 8) / 2 ** 24;
}

/** So many numbers for an input of the model, in the order of its elements. */
export function referenceInput(
  size: number,
  { scale = '0..1', dtype = 'float32' }: { scale?: Scale; dtype?: string } = {},
): Numbers {
  const whole = !/^float/.test(dtype);
  const steps = scale === '0..255' && dtype !== 'bool' ? (dtype === 'int8' ? 128 : 256) : whole ? 2 : 0;
  const at = (i: number) => {
    const value = noise(i);
    if (steps) return Math.floor(value * steps);
    return scale === '-1..1' ? value * 2 - 1 : value;
  };
  if (dtype === 'int64') return BigInt64Array.from({ length: size }, (_, i) => BigInt(at(i)));
  const kind = arrayFor(dtype) as Float32ArrayConstructor;
  return kind.from({ length: size }, (_, i) => at(i));
}
