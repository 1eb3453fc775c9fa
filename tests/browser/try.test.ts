import { writeFileSync } from 'node:fs';
import { it } from 'vitest';
import { serveLeakPages } from './leak_pages.js';
import { context, useWorldAndBrowser, world } from './world_and_browser.js';

useWorldAndBrowser();
it('tries', { timeout: 500_000 }, async () => {
  const pages = await serveLeakPages(world);
  console.log(pages.folder);
  const list = (process.env.TRY ?? 'forgetsDispose:wasm').split(',').map((e) => e.split(':'));
  for (const [name, backend] of list) {
    world.reports.length = 0;
    const page = await context.newPage();
    page.on('pageerror', (e) => console.log('ERR', e.message));
    page.on('console', (e) => console.log('SAID', e.text()));
    await page.goto(
      `${world.origin}/app?page=${name}&backend=${backend}&collector=${world.origin}&predictions=${process.env.N ?? 90}`,
    );
    const out = (await page.evaluate(() => window.outcome)) as { tookMs: number };
    writeFileSync(
      `/tmp/out-${name}-${backend}.json`,
      JSON.stringify({ out, reports: world.reports.map((r) => r.report) }, null, 1),
    );
    const traces = world.reports.flatMap((r) => (r.report as any).leak_traces ?? []);
    console.log(
      name,
      backend,
      Math.round(out.tookMs),
      JSON.stringify({ ...out, leaks: undefined }),
      traces.length,
      JSON.stringify(traces.at(-1))?.length,
      traces
        .at(-1)
        ?.sites.map(
          (s: any) =>
            `${s.count}/${s.predictions} ${s.kinds} ${s.tensors[0].dtype}[${s.tensors[0].shape}] frames ${s.frames.length}`,
        ),
    );
    await page.close();
  }
});
