/** What names of backends say of each other. */

import type { Backend } from '../generated/report.js';

/** The flavours of wasm are lost together. */
export const family = (backend: Backend): string => backend.split('-')[0] as string;

/** Whether what runs is what was asked for: `wasm` asks for any of its flavours, a flavour for at least itself. */
export const isAsked = (running: Backend, asked: Backend | undefined): boolean =>
  !asked || running.startsWith(asked);
