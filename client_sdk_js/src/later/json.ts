/**
 * JSON of plain values that pages cannot change. Prototype.js and others give `Array.prototype` or `Object.prototype` a
 * `toJSON` that makes texts of lists; `JSON.stringify` asks it for objects only, so it is given none.
 */

const { stringify } = JSON;
const has = Object.prototype.hasOwnProperty;

/** As `JSON.stringify` writes it for what is made of plain objects, lists, texts, numbers and booleans. */
export function jsonOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return stringify(value) ?? 'null';
  let parts = '';
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) parts += `${i ? ',' : ''}${jsonOf(value[i])}`;
    return `[${parts}]`;
  }
  for (const key in value) {
    const part = (value as Record<string, unknown>)[key];
    if (part === undefined || typeof part === 'function' || !has.call(value, key)) continue;
    parts += `${parts && ','}${stringify(key)}:${jsonOf(part)}`;
  }
  return `{${parts}}`;
}
