/**
 * Keeps a check of ours and the page's calls of one runtime apart: in most builds of onnxruntime-web two that overlap
 * both fail, whatever sessions they are of.
 */

import type { Backends } from '../core/adapter.js';
import type { Calls } from './calls.js';

const LATELY_MS = 1_000;
/** A call that has not ended after so long no longer holds up the next one. */
const LONGEST_TURN_MS = 30_000;

export function turnsOf(calls: Calls): Required<Pick<Backends, 'inUse' | 'alone'>> {
  return {
    inUse(model) {
      const { _ranAt: ranAt, _ended: ended } = calls;
      const others = !model || ranAt !== ended.get(model);
      if (ranAt !== undefined && others && performance.now() - ranAt < LATELY_MS) return 'busy';
      return calls._pending || calls._inTurn ? 'pending' : undefined;
    },
    async alone(check) {
      let last: Promise<unknown> = Promise.resolve();
      const inTurn: Calls['_inTurn'] = (call) => {
        const made = last.then(call);
        last = last.then(() => ended(made));
        return made;
      };
      calls._inTurn = inTurn;
      try {
        return await check();
      } finally {
        // What has lined up meanwhile is called in order, too, and so is what comes until then.
        const drain = async () => {
          for (let until: unknown; until !== last; await until) until = last;
          if (calls._inTurn === inTurn) calls._inTurn = undefined;
        };
        drain();
      }
    },
  };
}

/** Resolves when a call has ended, or has taken too long. */
function ended(made: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, LONGEST_TURN_MS);
    const end = () => {
      clearTimeout(timer);
      resolve();
    };
    made.then(end, end);
  });
}
