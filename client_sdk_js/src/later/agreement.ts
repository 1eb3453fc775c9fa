/** Which answers of a race to believe when nobody knows the right one: those that most ways to run the model give. */

/** Of the greatest value: float16, and GPUs that round, stay within it. */
const TOLERANCE = 0.05;

export type Values = ArrayLike<number>;

/** Whether two answers are the same but for rounding. */
export function isAlike(one: Values, other: Values): boolean {
  if (one.length !== other.length) return false;
  let most = 0;
  for (const values of [one, other])
    for (let i = 0; i < values.length; i++) {
      const size = Math.abs(values[i] as number);
      if (size > most && size < Number.POSITIVE_INFINITY) most = size;
    }
  for (let i = 0; i < one.length; i++) {
    const [a, b] = [one[i] as number, other[i] as number];
    // A model may answer NaN or Infinity by right, and then on every backend.
    if (!Object.is(a, b) && !(Math.abs(a - b) <= TOLERANCE * most)) return false;
  }
  return true;
}

/** Those whose answer is that of more than half; undefined when there is no such answer. NaN of some only has no vote. */
export function majority<T>(given: readonly T[], answer: (one: T) => Values): T[] | undefined {
  const numbers = given.filter((one) => !Array.prototype.some.call(answer(one), Number.isNaN));
  const voters = numbers.length ? numbers : given;
  for (const one of voters) {
    const alike = voters.filter((other) => isAlike(answer(one), answer(other)));
    if (alike.length * 2 > voters.length) return alike;
  }
  return undefined;
}
