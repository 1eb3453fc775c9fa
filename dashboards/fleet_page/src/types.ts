// The shapes of /v1/fleet/...: written by dashboards/panel.py, dashboards/boards.py and collector/api/fleet/answer.py.
export type Unit = 'ms' | 'bytes' | 'count' | 'share' | 'ratio' | 'tensors_per_prediction' | 'time' | 'text';
export type Cell = string | number | boolean | null | Cell[];
export type Threshold = { value: number; level: 'warning' | 'critical' };

export type StatDraw = {
  kind: 'stat';
  value: string;
  previous: string | null;
  better: 'lower' | 'higher' | 'neither';
  label: string | null;
  weight: string | null;
  previous_weight: string | null;
};
export type TimeSeriesDraw = {
  kind: 'timeseries';
  series: string;
  values: string[];
  shown: string;
  stacked: boolean;
  scale: 'linear' | 'log';
};
export type BarsDraw = { kind: 'bars'; label: string; values: string[]; weight: string };
export type RangesDraw = {
  kind: 'ranges';
  group: string;
  series: string;
  low: string;
  mark: string;
  high: string;
  weight: string;
};
export type HistogramDraw = { kind: 'histogram'; low: string; high: string; series: string; value: string };
export type Column = { name: string; title: string; unit: Unit };
export type TableDraw = {
  kind: 'table';
  layout: 'rows' | 'findings' | 'decisions';
  shown: Column[];
  hidden: string[];
};
export type ScatterDraw = {
  kind: 'scatter';
  group: string;
  label: string;
  series: string;
  x: string;
  y: string;
  size: string;
  size_of: string;
  state: string;
  note: string;
  shown: Column[];
};
export type Draw =
  | StatDraw
  | TimeSeriesDraw
  | BarsDraw
  | RangesDraw
  | HistogramDraw
  | TableDraw
  | ScatterDraw;

export type Panel = {
  id: string;
  title: string;
  question: string;
  reading: string;
  unit: Unit;
  sql: string;
  draw: Draw;
  thresholds: Threshold[];
};
export type Place = { panel: string; width: number; height: number };
export type Section = { id: string; title: string; places: Place[] };
export type Definitions = { board: { sections: Section[] }; panels: Record<string, Panel> };

export type Answer = {
  panel: string;
  from_ms: number;
  to_ms: number;
  interval_s: number;
  rows: number;
  columns: Record<string, Cell[]>;
};
export type App = {
  app: string;
  last_seen_ms: number | null;
  first_seen_ms: number | null;
  models: string[];
  releases: string[];
  backends: string[];
};
