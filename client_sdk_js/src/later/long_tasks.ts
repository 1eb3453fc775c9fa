/**
 * How long this thread was at work without a break. A library that compiles shaders, or waits for a busy GPU, holds the
 * thread for seconds; that is the model's time, and makes timers as late as sleep does. Only Chromium tells of it.
 */

export interface LongTasks {
  /** Milliseconds of tasks over 50 ms between two times of `performance.now()`. */
  between(from: number, to: number): number;
}

const MOST = 100; // more than all that fit between two beats and their allowance

/** Undefined where the browser does not tell. */
export function longTasks(): LongTasks | undefined {
  try {
    if (!PerformanceObserver.supportedEntryTypes.includes('longtask')) return undefined;
    const tasks: PerformanceEntryList = [];
    const note = (more: PerformanceEntryList) => {
      tasks.push(...more);
      tasks.splice(0, tasks.length - MOST);
    };
    const observer = new PerformanceObserver((list) => note(list.getEntries()));
    observer.observe({ type: 'longtask' });
    return {
      between(from, to) {
        note(observer.takeRecords());
        let ms = 0;
        for (const { startTime: began, duration } of tasks)
          ms += Math.max(0, Math.min(began + duration, to) - Math.max(began, from));
        return ms;
      },
    };
  } catch {
    return undefined; // of an old browser, or replaced by the page
  }
}
