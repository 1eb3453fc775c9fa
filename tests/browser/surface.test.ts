/** The package as published: what it exports, what its types say, what comes with an import. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

const SDK = join(import.meta.dirname, '../../client_sdk_js');
const MANIFEST = JSON.parse(readFileSync(join(SDK, 'package.json'), 'utf8'));

const NAMES: Record<string, string[]> = {
  '.': ['createMonitor'],
  './any': ['any', 'anyFunction'],
  './canary': ['ortCanary', 'referenceInput', 'referenceValues', 'tfjsCanary'],
  './ort': ['ort'],
  './overlay': ['showOverlay'],
  './tfjs': ['tfjs'],
};

/** All declaration files below a folder, by their path in it. */
const declarations = (folder: string) =>
  Object.fromEntries(
    readdirSync(join(SDK, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.d.ts'))
      .sort()
      .map((path) => [path, readFileSync(join(SDK, folder, path), 'utf8')]),
  );

/** Bundles an application's entry against the package as built. */
async function bundled(contents: string) {
  const { metafile, outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname, sourcefile: 'application.js' },
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    metafile: true,
    write: false,
    outdir: '/out',
    external: ['@tensorflow/*', 'onnxruntime-*'],
    logLevel: 'error',
  });
  // esbuild also writes files for `import()`s that it shook off: only what can be asked for from the entry counts.
  const reached = new Set<string>();
  const reach = (path: string): void => {
    if (reached.has(path)) return;
    reached.add(path);
    for (const each of metafile.outputs[path]?.imports ?? []) if (!each.external) reach(each.path);
  };
  for (const [path, { entryPoint }] of Object.entries(metafile.outputs))
    if (entryPoint === 'application.js') reach(path);
  return {
    inputs: [...reached].flatMap((path) =>
      Object.entries(metafile.outputs[path]?.inputs ?? {})
        .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
        .map(([input]) => input.replace(/^.*client_sdk_js\/dist\//, '')),
    ),
    engines: Object.values(metafile.inputs).flatMap(({ imports }) =>
      imports.filter(({ external }) => external).map(({ path }) => path),
    ),
    bytes: outputFiles.reduce((sum, { contents: each }) => sum + each.length, 0),
  };
}

it('has the entries that are listed here, and each exports what is listed', async () => {
  const entries = Object.keys(MANIFEST.exports).filter((each) => !/global|package\.json/.test(each));
  expect(entries.sort()).toEqual(Object.keys(NAMES).sort());
  for (const [entry, names] of Object.entries(NAMES))
    expect([entry, Object.keys(await import(join('inferfleet', entry)))]).toEqual([entry, names]);
});

it('declares the types that were reviewed: after a change, `npm run surface -w inferfleet` and commit', () => {
  expect(declarations('dist')).toEqual(declarations('surface'));
});

it('documents every option, member and event of its own', () => {
  const silent = ['index.d.ts', 'any.d.ts'].flatMap((path) => {
    const lines = readFileSync(join(SDK, 'dist', path), 'utf8').split('\n');
    return lines.flatMap((line, i) => {
      const member = /^ {2}(?:readonly )?(\w+)[?(:<]/.exec(line);
      return member && !lines[i - 1]?.trimEnd().endsWith('*/') ? [`${path}: ${member[1]}`] : [];
    });
  });
  expect(silent).toEqual([]);
});

it('declares nothing that the build has shortened', () => {
  for (const [path, text] of Object.entries(declarations('dist')))
    expect([path, text.match(/^\s*(readonly )?_\w+[?(:]/m)]).toEqual([path, null]);
});

it('brings no adapter when only createMonitor is imported', async () => {
  const { inputs } = await bundled(`import { createMonitor } from 'inferfleet'; createMonitor({});`);
  expect(inputs).toContain('index.js');
  expect(inputs.filter((path) => !/^(application\.js|index\.js|later\/)/.test(path))).toEqual([]);
  expect(inputs.filter((path) => /kernel_time|backends/.test(path))).toEqual([]);
});

it.each(Object.keys(NAMES))('adds nothing when %s is imported and not used', async (entry) => {
  const { inputs } = await bundled(`import * as unused from '${join('inferfleet', entry)}';`);
  expect(inputs).toEqual([]);
});

it('depends on nothing, and bundles no engine: they are optional peers', async () => {
  expect(MANIFEST.dependencies).toBeUndefined();
  for (const peer of Object.keys(MANIFEST.peerDependencies))
    expect(MANIFEST.peerDependenciesMeta[peer]).toEqual({ optional: true });
  const all = Object.keys(NAMES).map((entry, i) => `export * as e${i} from '${join('inferfleet', entry)}';`);
  const { engines, bytes } = await bundled(all.join(''));
  expect(engines).toEqual([]);
  expect(bytes).toBeLessThan(136 * 1024); // not minified again: the live view, adapters, canaries and all lazy parts
  const maps = readdirSync(join(SDK, 'dist'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.map'))
    .flatMap((path) => JSON.parse(readFileSync(join(SDK, 'dist', path), 'utf8')).sources as string[]);
  expect(maps.filter((source) => source.includes('node_modules'))).toEqual([]);
});

it('has a source map with its sources beside every script', () => {
  const files = readdirSync(join(SDK, 'dist'), { recursive: true, encoding: 'utf8' });
  const scripts = files.filter((path) => path.endsWith('.js'));
  expect(scripts.length).toBeGreaterThan(5);
  for (const script of scripts) {
    const map = JSON.parse(readFileSync(join(SDK, 'dist', `${script}.map`), 'utf8'));
    expect(map.sourcesContent).toHaveLength(map.sources.length);
  }
});
