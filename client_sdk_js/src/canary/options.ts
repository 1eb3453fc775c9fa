/** What `inferfleet canary record` prints for the page, and where its own input is. */

import { arrayFor, type Numbers, referenceInput, type Scale } from './numbers.js';

export interface CanaryOptions {
  /** The recorded canary's id. It stands for the model and the input: a page with another model has another one. */
  id: string;
  /** Where `canary_input.bin` is, when the canary was recorded with an input of your own. */
  input?: string;
  /** The range of the numbers, when they are made. Default `0..1`. */
  scale?: Scale;
  /** How many values are compared. Default 32. */
  values?: number;
  /** Sizes of inputs by name, where the model leaves more open than its first dimension. */
  shapes?: Readonly<Record<string, readonly number[]>>;
}

/** An input as the model declares it; sizes that it leaves open are no positive numbers. */
export interface Declared {
  name: string;
  dtype: string;
  shape: readonly (number | string | null)[];
}

export interface Filled {
  name: string;
  dtype: string;
  shape: number[];
  data: Numbers;
}

/**
 * The reference input for each input of a model; undefined when the file with it did not come, which says nothing of the
 * model.
 */
export async function fillInputs(
  inputs: readonly Declared[],
  { input, scale, shapes }: CanaryOptions,
): Promise<Filled[] | undefined> {
  const sized = inputs.map(({ name, dtype, shape }) => {
    const sizes = shapes?.[name] ?? shape.map((size, i) => sizeOf(size, i, name));
    return { name, dtype, shape: [...sizes], size: sizes.reduce((product, each) => product * each, 1) };
  });
  const file = input === undefined ? undefined : await fetchInput(input);
  if (input !== undefined && !file) return undefined;
  let offset = 0;
  const from = (bytes: ArrayBuffer, dtype: string, size: number) => {
    const kind = arrayFor(dtype);
    const data = new kind(bytes, offset, size);
    offset += Math.ceil(data.byteLength / 8) * 8;
    return data;
  };
  const byName = [...sized].sort((a, b) => (a.name < b.name ? -1 : 1));
  const filled = new Map(
    byName.map(({ name, dtype, size }) => [
      name,
      file ? from(file, dtype, size) : referenceInput(size, { dtype, ...(scale && { scale }) }),
    ]),
  );
  return sized.map(({ name, dtype, shape }) => ({ name, dtype, shape, data: filled.get(name) as Numbers }));
}

function sizeOf(size: number | string | null, i: number, name: string): number {
  if (typeof size === 'number' && size > 0) return size;
  if (i === 0) return 1;
  throw new TypeError(`inferfleet: the model leaves a size of its input ${name} open: say it in shapes`);
}

async function fetchInput(url: string): Promise<ArrayBuffer | undefined> {
  try {
    const response = await fetch(url);
    return response.ok ? await response.arrayBuffer() : undefined;
  } catch {
    return undefined; // the network's failure, not the model's
  }
}
