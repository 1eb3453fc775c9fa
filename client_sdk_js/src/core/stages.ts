/** Named spans of a pipeline around models (pre, infer, post, frame), as histograms of at most a minute. */

import { encode, type Histogram, record } from './histogram.js';
import type { Host } from './host.js';
import type { Outbox } from './outbox.js';

export interface OpenStage {
  stage: string;
  model: string | undefined;
  started_at: number;
  count: number;
  /** On the monotonic clock. */
  _since: number;
  spans: Histogram;
}

export interface Stages {
  /** The windows that are open, by name. */
  _openStages: Map<string, OpenStage>;
  /** Adds one span of `ms`. */
  _addSpan(stage: string, model: string | undefined, ms: number): void;
  /** Hands over all open windows. */
  _closeStages(): void;
}

const MOST_STAGES = 32; // names are the page's own: a name per frame must not grow without bound

export function createStages(host: Host, outbox: Outbox): Stages {
  const open = new Map<string, OpenStage>();
  return {
    _openStages: open,
    _addSpan(stage, model, ms) {
      const key = `${stage} ${model}`;
      let window = open.get(key);
      if (!window) {
        if (open.size >= MOST_STAGES) return outbox._drop('too_large', 1);
        const started_at = Math.round(host.epoch() - ms);
        window = { stage, model, started_at, count: 0, _since: host.now() - ms, spans: new Map() };
        open.set(key, window);
      }
      window.count++;
      record(window.spans, ms);
    },
    _closeStages() {
      for (const { spans, _since, ...window } of open.values()) {
        const span_ms = encode(spans);
        // By the clock that nobody sets: the other one can jump by days.
        const duration_ms = Math.round(host.now() - _since);
        if (span_ms) outbox._add('stages', { ...window, duration_ms, span_ms });
      }
      open.clear();
    },
  };
}
