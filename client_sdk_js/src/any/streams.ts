/**
 * Results that come in pieces: generators, async or not, and streams. The page's own reading tells how they end; nothing
 * is read for it, and nothing is taken away from it.
 */

import { hear, replace } from '../core/follow.js';

/** What is told of the pieces. */
export interface Pieces {
  /** The page asks for one; makes it, and returns it. */
  asked(make: () => unknown): unknown;
  /** That one came, or failed to; `last` when it was the end. */
  came(last: boolean): void;
  failed(error: unknown): void;
}

const isDone = (piece: unknown): boolean => (piece as IteratorResult<unknown> | undefined)?.done === true;

/** Whether a result comes in pieces. Those of one that takes no methods, or that is read in other ways, are not seen. */
export function followPieces(result: unknown, pieces: Pieces): boolean {
  if (typeof result !== 'object' || result === null) return false;
  const source = result as Record<PropertyKey, unknown>;
  const isIterator =
    typeof source.next === 'function' && (Symbol.asyncIterator in source || Symbol.iterator in source);
  const isStream = typeof source.getReader === 'function';
  if (!isIterator && !isStream && typeof source[Symbol.asyncIterator] !== 'function') return false;
  if (!Object.isExtensible(source)) return true;

  /** Follows one way of asking for pieces. */
  const follow = (iterator: object, name: 'next' | 'read') => {
    if (!Object.isExtensible(iterator)) return;
    replace(iterator, name, (run) => {
      let piece: unknown;
      try {
        piece = pieces.asked(run);
      } catch (error) {
        pieces.failed(error);
        throw error;
      }
      const heard = hear(piece, (each) => pieces.came(isDone(each)), pieces.failed);
      if (heard === undefined) pieces.came(isDone(piece));
      return piece;
    });
  };
  /** Follows what a method of the result gives for reading. */
  const followGiven = (name: PropertyKey, reading: 'next' | 'read') =>
    replace(source, name, (run) => {
      const given = run();
      if (typeof given === 'object' && given) follow(given, reading);
      return given;
    });

  if (isIterator) follow(source, 'next');
  else {
    followGiven('getReader', 'read');
    followGiven('values', 'next');
    followGiven(Symbol.asyncIterator, 'next');
  }
  return true;
}
