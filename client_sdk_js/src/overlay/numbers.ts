/** Numbers as people read them. Two digits say all that a display can: more would only flicker. */

import type { Quantiles } from '../core/snapshot.js';

/** `0.42 ms`, `4.2 ms`, `42 ms`, `4.2 s`; a dash without a value. */
export function milliseconds(ms: number | undefined): string {
  if (ms === undefined) return '–';
  return ms < 1_000 ? `${digits(ms)} ms` : `${digits(ms / 1_000)} s`;
}

/** `4.2 / 12 ms`: the median, and what 95 % are below. */
export function range({ p50, p95 }: Quantiles): string {
  const [one, other] = [milliseconds(p50), milliseconds(p95)];
  const unit = other.replace(/.* /, ' ');
  return `${one.endsWith(unit) ? one.slice(0, -unit.length) : one} / ${other}`;
}

/** `512 B`, `4.2 KiB`, `42 MiB`. */
export function bytes(value: number): string {
  const sign = value < 0 ? '−' : '';
  let rest = Math.abs(value);
  for (const unit of ['B', 'KiB', 'MiB']) {
    if (rest < 1_000) return `${sign}${unit === 'B' ? Math.round(rest) : digits(rest)} ${unit}`;
    rest /= 1_024;
  }
  return `${sign}${digits(rest)} GiB`;
}

/** `1,234`. */
export const count = (value: number): string => value.toLocaleString('en');

/** `1 error`, `2 errors`. */
export const counted = (value: number, noun: string): string =>
  `${count(value)} ${noun}${value === 1 ? '' : 's'}`;

/** Two digits, or all of the whole ones: `0.042`, `0.42`, `4.2`, `42`, `420`. */
export function digits(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 9.95 || size === 0 ? 0 : size >= 0.995 ? 1 : size >= 0.0995 ? 2 : 3);
}
