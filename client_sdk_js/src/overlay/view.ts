/** What every part of the panel is given at a refresh. */

import type { ModelSnapshot, Snapshot } from '../core/snapshot.js';
import type { ModelHistory, Rates } from './history.js';

export interface View {
  snapshot: Snapshot;
  /** The one that was selected; undefined without a model. */
  model: ModelSnapshot | undefined;
  history: ModelHistory | undefined;
  rates: Rates;
}

/** A part of the panel. */
export interface Section {
  node: HTMLElement;
  update(view: View): void;
}
