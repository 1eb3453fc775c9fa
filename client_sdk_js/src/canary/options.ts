/** What `inferfleet canary record` prints for the page, and where its own input is. */

import { arrayFor, type Numbers, referenceInput, type Scale } from './numbers.js';

export interface CanaryOptions {
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

/** In which a file of inputs must come. It counts into the time after which a canary is a hang, half a minute by default. */
const FETCH_MS = 10_000;

/**
 * The reference input for each input of a model. Undefined when there is none: the file with it did not come, or is
 * another; or the page did not say the sizes. That says nothing of the model or its backend.
 */
export async function fillInputs(
  inputs: readonly Declared[],
  { input, integrity, scale, shapes }: CanaryOptions,
): Promise<Filled[] | undefined> {
  const sized = sizedInputs(inputs, shapes);
  if (!sized) return undefined;
  const file = input === undefined ? undefined : await fetchInput(input, integrity);
  // A page in place of a file that is missing has status 200 on many servers.
  const length = sized.reduce((sum, { dtype, size }) => sum + padded(arrayFor(dtype), size), 0);
  if (input !== undefined && file?.byteLength !== length) return undefined;
  let offset = 0;
  const from = (bytes: ArrayBuffer, dtype: string, size: number) => {
    const kind = arrayFor(dtype);
    const data = new kind(bytes, offset, size);
    offset += padded(kind, size);
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

const padded = ({ BYTES_PER_ELEMENT: each }: { BYTES_PER_ELEMENT: number }, size: number) =>
  Math.ceil((each * size) / 8) * 8;

/** With the number of elements of each; undefined, and a line for the page's author, where it cannot be told. */
function sizedInputs(inputs: readonly Declared[], shapes: CanaryOptions['shapes']) {
  try {
    return inputs.map(({ name, dtype, shape }) => {
      const sizes = shapes?.[name] ?? shape.map((size, i) => sizeOf(size, i, name));
      arrayFor(dtype);
      return { name, dtype, shape: [...sizes], size: sizes.reduce((product, each) => product * each, 1) };
    });
  } catch (error) {
    console.warn(String(error));
    return undefined;
  }
}

function sizeOf(size: number | string | null, i: number, name: string): number {
  if (typeof size === 'number' && size > 0) return size;
  if (i === 0) return 1;
  throw new TypeError(`inferfleet: the model leaves a size of its input ${name} open: say it in shapes`);
}

async function fetchInput(url: string, integrity?: string): Promise<ArrayBuffer | undefined> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), FETCH_MS);
  try {
    const response = await fetch(url, { signal: late.signal, ...(integrity && { integrity }) });
    return response.ok ? await response.arrayBuffer() : undefined;
  } catch {
    return undefined; // the network's failure, or another file: not the model's
  } finally {
    clearTimeout(timer);
  }
}
