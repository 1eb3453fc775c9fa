/** What a live display shows of this page life; see `core/snapshot.ts`. */

import type { Histogram } from '../core/histogram.js';
import type { Page } from '../core/page.js';
import type { Chosen, IncidentSnapshot, Snapshot, StageSnapshot } from '../core/snapshot.js';
import type { OpenStage } from '../core/stages.js';
import type { Times, Watch } from '../core/watch.js';
import type { Incident, Stage } from '../generated/report.js';
import { memoryLooks } from './memory_looks.js';
import { modelSnapshots } from './models.js';
import { decode, durations, merge } from './quantile.js';

const MOST_INCIDENTS = 32;
const MOST_STAGES = 64; // as many again are open at most

/** What only the lazily loaded part can tell. */
export type Live = Pick<Snapshot, 'models' | 'stages' | 'incidents' | 'drops'>;

interface ClosedStages {
  of: Pick<OpenStage, 'stage' | 'model'>;
  spans: Histogram;
}

/** Keeps a record from now on, of what was collected before included. Returns what reads it. */
export function liveRecord(page: Page, choice: (model: object) => Chosen): () => Live {
  const { _outbox: outbox, _listeners: listeners } = page;
  const incidents = new Map<string, IncidentSnapshot>();
  const stages = new Map<string, ClosedStages>();
  const drops: Record<string, number> = {};

  function noteIncident({ model, variant, backend, kind, error, at }: Incident, times = 1): void {
    const key = [model, variant, backend, kind, error].join(' ');
    const count = (incidents.get(key)?.count ?? 0) + times;
    incidents.delete(key); // the latest last
    incidents.set(key, { model, variant, backend, kind, error: error ?? undefined, at, count });
    const [oldest] = incidents.keys();
    if (incidents.size > MOST_INCIDENTS && oldest !== undefined) incidents.delete(oldest);
  }

  function noteStage({ stage, model, span_ms }: Stage): void {
    const key = `${stage} ${model}`;
    const of = { stage, model: model ?? undefined };
    const known: ClosedStages = stages.get(key) ?? { of, spans: new Map() };
    if (stages.size >= MOST_STAGES && !stages.has(key)) return;
    stages.set(key, known);
    known.spans = merge(known.spans, decode(span_ms));
  }

  function stageSnapshots(): StageSnapshot[] {
    const open = page._openStages;
    return [...new Set([...stages.keys(), ...open.keys()])].map((key) => {
      const spans = merge(stages.get(key)?.spans, open.get(key)?.spans);
      const { stage = '', model } = open.get(key) ?? stages.get(key)?.of ?? {};
      return { stage, model, span_ms: durations(spans) };
    });
  }

  for (const [list, item] of [...outbox._queue.flatMap(({ _items }) => _items), ...outbox._items]) {
    if (list === 'incidents') noteIncident(item as Incident, (item as Incident).count);
    if (list === 'stages') noteStage(item as Stage);
  }
  const listen = <T>(event: string, listener: (value: T) => void) =>
    listeners.add({ event, listener: listener as (value: never) => void });
  // Every repeat is told; its count is of the report that is being collected, so it is not looked at.
  listen<Incident>('incident', (incident) => noteIncident({ ...incident, at: page.host.epoch() }));
  listen('stage', noteStage);
  listen<{ reason: string; count: number }>('dropped', ({ reason, count }) => {
    drops[reason] = (drops[reason] ?? 0) + count;
  });

  const memory = memoryLooks(page);
  const ended = new WeakMap<Watch, Times>();
  page._ended = (watch, { dispatch, ready }) => {
    const before = ended.get(watch);
    ended.set(watch, { dispatch: merge(before?.dispatch, dispatch), ready: merge(before?.ready, ready) });
  };
  return () => ({
    models: modelSnapshots(
      page._watches,
      choice,
      (watch) => ended.get(watch),
      ({ _tally }) => memory(_tally),
    ),
    stages: stageSnapshots(),
    incidents: [...incidents.values()].map((each) => ({ ...each })),
    drops: { ...drops },
  });
}
