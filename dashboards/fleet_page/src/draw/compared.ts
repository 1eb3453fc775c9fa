/** Under so many sessions a figure moves by chance, and an arrow would tell of a change that is none. */
const FEW_SESSIONS = 20;
/** A period with a tenth of the sessions of this one is the time before the app was used in earnest. */
const MUCH_SMALLER = 0.1;

/** A figure and the one of the period before, with the sessions that each rests on (null: not told). */
export type Figure = {
  value: number | null;
  previous: number | null;
  weight: number | null;
  previousWeight: number | null;
};

/** Why the two periods cannot be compared, in words; null when they can. */
export function whyNotCompared({ value, previous, weight, previousWeight }: Figure): string | null {
  if (value === null) return 'no data in this range';
  if (previousWeight === 0 || (previous === null && previousWeight === null)) {
    return 'no data before to compare';
  }
  if (previousWeight !== null && previousWeight < Math.max(FEW_SESSIONS, MUCH_SMALLER * (weight ?? 0))) {
    return 'hardly any data before';
  }
  if (weight !== null && weight < FEW_SESSIONS) return 'too few sessions to compare';
  return previous ? null : 'nothing before to compare';
}
