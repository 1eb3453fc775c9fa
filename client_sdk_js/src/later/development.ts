/** Whether a developer looks at the page, rather than a visitor. */

import type { MonitorOptions } from '../core/options.js';

const LOCAL = /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/;

/** As the page says, else whether it comes from the developer's own machine. */
export const inDevelopment = ({ dev }: Pick<MonitorOptions, 'dev'>): boolean =>
  dev ?? LOCAL.test(globalThis.location?.hostname ?? '');
