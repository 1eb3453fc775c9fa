/** Pages bundled as an application is: minified, split, with source maps that are not served. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { World } from './server.js';
import { tinyGraphModel } from './tiny_graph_model.js';

/** As a server of files that never change says it: only so does a browser keep what it compiled of a script. */
const KEPT = { 'cache-control': 'max-age=3600' };
const PAGES = join(import.meta.dirname, 'page');

export interface BundledPages {
  /** Where the scripts are, with their source maps. */
  folder: string;
  remove(): void;
}

/** Bundles `page/NAME/main.ts`, and has the world serve it at `/app`, a tiny model beside it. */
export async function serveBundled(world: World, name: string): Promise<BundledPages> {
  const folder = mkdtempSync(join(tmpdir(), `inferfleet-${name}-pages-`));
  await build({
    entryPoints: [join(PAGES, name, 'main.ts')],
    outdir: folder,
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    sourcemap: 'external',
    preserveSymlinks: true, // the SDK is a package of the application's, not a part of its sources
    logLevel: 'error',
  });
  for (const script of readdirSync(folder).filter((each) => each.endsWith('.js')))
    world.served.set(`/app/${script}`, { body: readFileSync(join(folder, script)), headers: KEPT });
  for (const [file, body] of Object.entries(tinyGraphModel()))
    world.served.set(`/app/${file}`, { body, headers: KEPT });
  world.files.set(
    '/app',
    '<!doctype html><title>app</title><script type="module" src="/app/main.js"></script>',
  );
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The line of a page of `page/leaks` that ends in `// LEAK`. */
export function lineOf(file: string): number {
  const lines = readFileSync(join(PAGES, 'leaks', file), 'utf8').split('\n');
  return 1 + lines.findIndex((line) => line.trimEnd().endsWith('// LEAK'));
}
