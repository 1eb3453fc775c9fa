/**
 * Whether the machine, or the page, was asleep: a timer that comes late says so. What a prediction took meanwhile is not
 * the model's time.
 *
 * A model that computes on this very thread makes timers late, too. What happens in the task of the call itself is
 * therefore not looked at, what the browser says was work is no sleep, and a model of which two results in a row come so
 * late is slow and not asleep. A first prediction gets longer: shaders are compiled then, which may hold the thread for
 * ten seconds without one long task being told.
 */

import type { Host } from '../core/host.js';
import type { Subject, Waits } from '../core/watch.js';
import { longTasks } from './long_tasks.js';

const BEAT_MS = 1_000;
const LATE_MS = 2_000;
const FIRST_LATE_MS = 30_000;

interface Sleep {
  /** When the beat was due that came late. */
  missed: number;
  /** How late it came. */
  ms: number;
}

export interface SleepWatch {
  /** Somebody waits for a result. */
  _waiting(): void;
  /** How long the page went on in one go, after `since`, when results were last waited for. */
  held(since: number): number;
  /** Whether it slept since `start`; `subject` is the model whose result came. */
  _slept(start: number, subject?: Subject): boolean;
}

/**
 * Beats once a second, while results are waited for.
 *
 * @param results how many results of a model were seen, the one that is asked about among them.
 */
export function sleepWatch(host: Host, waits: Waits, results: (subject: Subject) => number): SleepWatch {
  /** When the next beat should come; undefined while nobody looks. */
  let due: number | undefined;
  let cancel: (() => void) | undefined;
  let turning = false;
  /** The last sleep, and when it ended. */
  let ended = Number.NEGATIVE_INFINITY;
  let slept: Sleep | undefined;
  /** The sleep that the last result of each model came after. */
  const last = new WeakMap<Subject, number>();
  /** What ran on in one go, the last time that somebody began to wait. */
  let turn = { began: 0, ended: 0 };
  let running = false;

  const busy = longTasks();

  /** A beat that is late by more than the thread's own work accounts for, where the browser tells of that. */
  function sleep(): Sleep | undefined {
    if (due === undefined) return; // before the clock is read: each prediction asks
    const now = host.now();
    if (now - due <= LATE_MS) return;
    const ms = now - due - (busy?.between(due, now) ?? 0);
    return ms > LATE_MS ? { missed: due, ms } : undefined;
  }

  function beat(): void {
    due = waits.size ? host.now() + BEAT_MS : undefined;
    if (due === undefined) return;
    cancel = host.after(BEAT_MS, () => {
      const found = sleep();
      if (found) {
        ended = host.now();
        slept = found;
      }
      beat();
    });
  }

  /** Not until the next timer: tasks of the library, or a busy machine, may come before it, and are no pause of the page. */
  function timeTurn(): void {
    if (running) return;
    running = true;
    const began = host.now();
    Promise.resolve().then(() => {
      running = false;
      turn = { began, ended: host.now() };
    });
  }

  function waiting(): void {
    timeTurn();
    if (turning) return;
    turning = true;
    cancel?.();
    due = undefined;
    host.after(0, () => {
      turning = false;
      beat();
    });
  }

  if (waits.size) waiting();
  return {
    _waiting: waiting,
    held: (since) => Math.max(0, turn.ended - Math.max(turn.began, since)),
    _slept(start, subject) {
      const found = sleep() ?? (start < ended ? slept : undefined);
      if (!subject) return !!found;
      if (!found && !slept) return false; // as nearly always: each result asks
      if (!found || (found.ms <= FIRST_LATE_MS && results(subject) <= 1)) {
        last.delete(subject);
        return false;
      }
      const before = last.get(subject) ?? found.missed;
      if (before !== found.missed) return false;
      last.set(subject, found.missed);
      return true;
    },
  };
}
