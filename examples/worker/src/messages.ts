export type ToWorker =
  | { type: 'start'; canvas: OffscreenCanvas }
  | { type: 'hidden' }
  | { type: 'shown' }
  | { type: 'stop' };

export type FromWorker =
  | { type: 'found'; faces: number; count: number; backend: string; source: string }
  | { type: 'sent'; reports: number }
  | { type: 'failed'; error: string }
  | { type: 'stopped' };
