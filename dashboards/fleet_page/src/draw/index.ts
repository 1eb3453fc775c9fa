import { drawBars } from './bars';
import type { Chart, DrawOptions } from './chart';
import { drawDecisions } from './decisions';
import { drawFindings } from './findings';
import { drawHistogram } from './histogram';
import { drawRanges } from './ranges';
import { drawScatter } from './scatter';
import { drawStat } from './stat';
import { drawTable } from './table';
import { drawTimeSeries } from './timeseries';

export type { Chart } from './chart';

export function drawPanel(options: DrawOptions): Chart {
  const { draw } = options.panel;
  switch (draw.kind) {
    case 'stat':
      return drawStat(options, draw);
    case 'timeseries':
      return drawTimeSeries(options, draw);
    case 'bars':
      return drawBars(options, draw);
    case 'ranges':
      return drawRanges(options, draw);
    case 'histogram':
      return drawHistogram(options, draw);
    case 'scatter':
      return drawScatter(options, draw);
    case 'table':
      if (draw.layout === 'findings') return drawFindings(options);
      if (draw.layout === 'decisions') return drawDecisions(options);
      return drawTable(options, draw);
  }
}
