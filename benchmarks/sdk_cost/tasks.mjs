// The longest main-thread task while the SDK starts, measures, packs and sends, from the browser's own trace.

const SCRIPT = /^(FunctionCall|EvaluateScript|v8\.evaluateModule|RunMicrotasks|TimerFire|FireIdleCallback)$/;

/**
 * `{ wall, cpu }` in ms: of the longest by each measure; a busy machine takes the thread's core away in mid-task, which
 * only the first counts. The page does nothing else meanwhile but 200 calls of an empty model a task, counted in.
 */
export async function longestTask(page, init, predict) {
  // TensorFlow.js itself takes its time to evaluate: before the trace begins.
  await page.evaluate(async () => {
    const { tf } = await import('/tf.js');
    await tf.setBackend('cpu');
  });
  const cdp = await page.context().newCDPSession(page);
  const events = [];
  cdp.on('Tracing.dataCollected', ({ value }) => events.push(...value));
  await cdp.send('Tracing.start', {
    traceConfig: { includedCategories: ['devtools.timeline', 'v8', '__metadata'] },
    transferMode: 'ReportEvents',
  });
  await page.evaluate(init);
  await page.evaluate(predict, { predictions: 20_000 });
  await page.waitForTimeout(5_000); // two windows of two seconds close by the timer
  await page.evaluate(predict, { predictions: 2_000 });
  await page.evaluate(() => window.cost.monitor.flush());
  const complete = new Promise((resolve) => cdp.once('Tracing.tracingComplete', resolve));
  await cdp.send('Tracing.end');
  await complete;
  const threads = new Set(
    events
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const spans = events.filter(
    ({ name, dur, pid, tid }) => dur && SCRIPT.test(name) && threads.has(`${pid} ${tid}`),
  );
  if (!spans.length) throw new Error('the trace has no script on the main thread');
  await page.close();
  const longest = (key) => Math.max(...spans.map((span) => span[key] ?? 0)) / 1_000;
  return { wall: longest('dur'), cpu: longest('tdur') };
}
