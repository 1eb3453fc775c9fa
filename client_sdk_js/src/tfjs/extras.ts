/** What the adapter can do once its lazy part is there; until then predictions are made without. */

import type { Observer, Prediction } from '../core/adapter.js';
import type { Unread } from '../gpu/unread.js';
import type { TfWasm } from './types.js';

export interface Extras {
  /** Runs a call, timed on the GPU if that is wanted and possible now. Returns and throws what the call does. */
  _timed?(call: () => unknown, prediction: Prediction, observer: Observer): unknown;
  /** A result is on the GPU: it may never be read. */
  _unread?(unread: Unread): void;
  /** The wasm backend's module, when the page passed it. */
  _wasm?: TfWasm | undefined;
}
