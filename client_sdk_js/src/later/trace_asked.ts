/** Whether this session's leaks are traced to the lines that make them. */

import type { LeakTraceOptions } from '../core/options.js';
import type { Page } from '../core/page.js';

/** What the page asked for, when chance draws this session for it. */
export function traceAsked({ host, _options: { leakTrace } }: Page): LeakTraceOptions | undefined {
  if (!leakTrace) return;
  const asked = typeof leakTrace === 'object' ? leakTrace : { share: Number(leakTrace) };
  return host.random() < (asked.share ?? 1) ? asked : undefined;
}
