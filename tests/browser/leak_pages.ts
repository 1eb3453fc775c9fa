/** The pages of `page/leaks`, bundled as an application is: minified, split, with source maps that are not served. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { World } from './server.js';
import { tinyGraphModel } from './tiny_graph_model.js';

/** As a server of files that never change says it: only so does a browser keep what it compiled of a script. */
const KEPT = { 'cache-control': 'max-age=3600' };
const PAGES = join(import.meta.dirname, 'page/leaks');

export interface LeakPages {
  /** Where the scripts are, with their source maps. */
  folder: string;
  remove(): void;
}

/** Bundles them, and has the world serve the scripts. */
export async function serveLeakPages(world: World): Promise<LeakPages> {
  const folder = mkdtempSync(join(tmpdir(), 'inferfleet-leak-pages-'));
  await build({
    entryPoints: [join(PAGES, 'main.ts')],
    outdir: folder,
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    sourcemap: 'external',
    preserveSymlinks: true, // the SDK is a package of the application's, not a part of its sources
    logLevel: 'error',
  });
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.js')))
    world.served.set(`/app/${name}`, { body: readFileSync(join(folder, name)), headers: KEPT });
  for (const [name, body] of Object.entries(tinyGraphModel()))
    world.served.set(`/app/${name}`, { body, headers: KEPT });
  world.files.set(
    '/app',
    '<!doctype html><title>app</title><script type="module" src="/app/main.js"></script>',
  );
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The line of a page's source that ends in `// LEAK`. */
export function lineOf(file: string): number {
  const lines = readFileSync(join(PAGES, file), 'utf8').split('\n');
  return 1 + lines.findIndex((line) => line.trimEnd().endsWith('// LEAK'));
}
