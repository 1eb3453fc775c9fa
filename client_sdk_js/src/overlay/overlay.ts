/** Puts the live view together: panel, sections, and when they are drawn. */

import type { Monitor } from '../core/options.js';
import { choiceSection } from './choice.js';
import { element, show, write } from './elements.js';
import { createHistory } from './history.js';
import { incidentsSection } from './incidents.js';
import { latencySection } from './latency.js';
import { leaksSection } from './leaks.js';
import { memorySection } from './memory.js';
import { createPanel } from './panel.js';
import { refreshing } from './refreshing.js';
import { reportsSection } from './reports.js';
import { stagesSection } from './stages.js';
import { modelTabs } from './tabs.js';

export interface OverlayOptions {
  /** Begin as the handle only, which opens at a tap. Default false. */
  collapsed?: boolean;
}

interface Shown {
  expand(): void;
  remove(): void;
}

const shown = new WeakMap<object, Shown>();

/**
 * Shows what a monitor measures, live, over the page; for developers.
 *
 * A second call for the same monitor opens the panel that is there. Without a document (a server, a worker) nothing
 * happens. Never throws. Returns what removes it.
 */
export function showOverlay(
  monitor: Pick<Monitor, 'snapshot' | 'on'>,
  options: OverlayOptions = {},
): () => void {
  if (!globalThis.document) return () => undefined;
  try {
    const known = shown.get(monitor);
    known?.expand();
    const panel = known ?? open(monitor, options);
    shown.set(monitor, panel);
    return panel.remove;
  } catch (error) {
    console.warn('inferfleet overlay:', error);
    return () => undefined;
  }
}

function open(monitor: Pick<Monitor, 'snapshot' | 'on'>, { collapsed = false }: OverlayOptions): Shown {
  const history = createHistory();
  const panel = createPanel({ toggled: () => refresh.go(), dismissed: remove });
  const tabs = modelTabs(() => refresh.go());
  const empty = element('p', 'empty soft');
  const sections = [
    choiceSection(),
    latencySection(),
    memorySection(),
    leaksSection(),
    incidentsSection(),
    stagesSection(),
    reportsSection(),
  ];
  panel.body.append(tabs.node, empty, ...sections.map(({ node }) => node));

  function draw(): void {
    try {
      const snapshot = monitor.snapshot();
      history.note(performance.now(), snapshot);
      const model = tabs.select(snapshot.models);
      show(empty, !model);
      write(empty, 'No model is watched yet.');
      const view = { snapshot, model, history: model && history.of(model), rates: history.rates(model) };
      for (const { update } of sections) update(view);
    } catch (error) {
      // It is there for the developer, not for the page: rather gone than half right.
      console.warn('inferfleet overlay:', error);
      remove();
    }
  }

  const refresh = refreshing(() => !panel.collapsed(), draw);
  const deafen = monitor.on('incident', panel.alert);

  function remove(): void {
    shown.delete(monitor);
    deafen();
    refresh.stop();
    panel.remove();
  }

  panel.collapse(collapsed);
  return { expand: () => panel.collapse(false), remove };
}
