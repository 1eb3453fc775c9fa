/** What one load brings to a race. */

import type { Backends } from '../core/adapter.js';
import type { LoadOptions } from '../core/options.js';
import type { Attempt, Choice } from './attempts.js';
import type { Gone } from './loading.js';
import type { Open } from './opening.js';

/** One load, as far as it was chosen for. */
export interface Entrant<M extends object> {
  name: string;
  load: LoadOptions<M>;
  open: Open<M>;
  choice: Choice;
  /** Without a race. */
  attempts: Attempt[];
  backends: Partial<Backends>;
  gone: readonly Gone[];
  /** The page asked for a race; otherwise the plan may draw this install. */
  byHand: boolean | undefined;
  /** This install's place in [0, 1) among those that race this model. */
  place: number;
  steerable: boolean | undefined;
}
