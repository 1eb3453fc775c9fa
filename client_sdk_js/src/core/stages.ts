/** Named spans of a pipeline around models (pre, infer, post, frame), as histograms of at most a minute. */

import { encode, type Histogram, record } from './histogram.js';
import type { Host } from './host.js';
import type { Outbox } from './outbox.js';

interface OpenStage {
  stage: string;
  model: string | undefined;
  started: number;
  startedAt: number;
  count: number;
  spans: Histogram;
}

export interface Stages {
  /** Adds one span of `ms`. */
  add(stage: string, model: string | undefined, ms: number): void;
  /** Hands over all open windows. */
  close(): void;
}

const MOST_STAGES = 32; // names are the page's own: a name per frame must not grow without bound

export function createStages(host: Host, outbox: Outbox): Stages {
  let open = new Map<string, OpenStage>();
  return {
    add(stage, model, ms) {
      const key = `${stage} ${model}`;
      let window = open.get(key);
      if (!window) {
        if (open.size >= MOST_STAGES) return outbox.drop('too_large', 1);
        const started = host.now() - ms;
        window = {
          stage,
          model,
          started,
          startedAt: Math.round(host.epoch() - ms),
          count: 0,
          spans: new Map(),
        };
        open.set(key, window);
      }
      window.count++;
      record(window.spans, ms);
    },
    close() {
      for (const { stage, model, started, startedAt, count, spans } of open.values()) {
        const span = encode(spans);
        if (!span) continue;
        outbox.add('stages', {
          stage,
          ...(model && { model }),
          started_at: startedAt,
          duration_ms: Math.round(host.now() - started),
          count,
          span_ms: span,
        });
      }
      open = new Map();
    },
  };
}
