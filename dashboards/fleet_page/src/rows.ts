import type { Answer, Cell } from './types';

export function numbers(answer: Answer, name: string): (number | null)[] {
  return column(answer, name).map((cell) => (typeof cell === 'number' ? cell : null));
}

export function texts(answer: Answer, name: string): string[] {
  return column(answer, name).map((cell) => (cell === null ? '' : String(cell)));
}

export function column(answer: Answer, name: string): Cell[] {
  const cells = answer.columns[name];
  if (cells === undefined) throw new Error(`the answer of ${answer.panel} has no column ${name}`);
  return cells;
}

/** Values in order of first appearance, each once. */
export function distinct(values: string[]): string[] {
  return [...new Set(values)];
}

export function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {}; // a record of an older or newer version: the columns beside it still tell the story
  }
}
