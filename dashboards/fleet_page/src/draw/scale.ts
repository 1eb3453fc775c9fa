/** A logarithmic axis: where a value lies, from 0 to 1, and the values that are labelled. */
export type Scale = { place: (value: number) => number; ticks: number[] };

/** Values that differ by less are drawn as if they differed by so much: a tenth is no trade-off. */
const LEAST_RATIO = 1.5;
/** Room on either side, so that no mark is cut. */
const ROOM = 0.08;
const FINE = [1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9];

/**
 * @param values above 0; at least one.
 * @param most the most ticks that there is room for.
 * @param base 2 for bytes, where round values are powers of two; 10 else.
 */
export function logScale(values: number[], most: number, base: 2 | 10): Scale {
  const least = Math.min(...values);
  const largest = Math.max(...values);
  const spread = Math.max(largest / least, LEAST_RATIO);
  const middle = Math.sqrt(least * largest);
  const low = Math.log(middle / Math.sqrt(spread)) - ROOM * Math.log(spread);
  const high = Math.log(middle * Math.sqrt(spread)) + ROOM * Math.log(spread);
  return { place: (value) => (Math.log(value) - low) / (high - low), ticks: ticksOf(low, high, most, base) };
}

/** The coarsest round values of which two or more lie between the ends, thinned to as many as fit. */
function ticksOf(low: number, high: number, most: number, base: 2 | 10): number[] {
  const steps = base === 2 ? [[1], [1, 1.5], [1, 1.25, 1.5, 1.75]] : [[1], [1, 3], [1, 2, 5], FINE];
  let found: number[] = [];
  for (const within of steps) {
    found = [];
    for (
      let power = Math.floor(low / Math.log(base));
      power <= Math.ceil(high / Math.log(base));
      power += 1
    ) {
      found.push(...within.map((step) => step * base ** power));
    }
    found = found.filter((tick) => Math.log(tick) >= low && Math.log(tick) <= high);
    if (found.length >= Math.min(3, most)) break;
  }
  const every = Math.ceil(found.length / Math.max(most, 1));
  return found.filter((_tick, index) => index % every === 0);
}
