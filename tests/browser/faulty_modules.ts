/**
 * Builds the SDK so that every function which one of its files exports to another passes an injector, and so do the
 * methods of what such a function returns. The list is made from the sources: a new function is covered by being there.
 */

import { dirname, join, relative, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';

const SRC = resolve(import.meta.dirname, '../../client_sdk_js/src');
const nameOf = (file: string) => relative(SRC, file).replace(/\.ts$/, '');

/** Values that a file exports. */
async function exportsOf(file: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [file],
    format: 'esm',
    write: false,
    metafile: true,
    outdir: '/',
    logLevel: 'error',
  });
  return Object.values(metafile.outputs).flatMap((output) => output.exports);
}

/** Puts `__watch(path, function)` between a file that exports and those that import. */
function watched(exported: Set<string>): Plugin {
  return {
    name: 'watched',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\./ }, ({ path, importer, namespace, resolveDir }) => {
        const file = resolve(resolveDir || dirname(importer), path.replace(/\.js$/, '.ts'));
        // What the package exports is called by the page, which is not what goes wrong here.
        const inner = file.startsWith(SRC) && dirname(file) !== SRC && dirname(importer) !== SRC;
        return { path: file, namespace: inner && namespace !== 'watched' ? 'watched' : 'file' };
      });
      onLoad({ filter: /./, namespace: 'watched' }, async ({ path }) => {
        const names = await exportsOf(path);
        for (const name of names) exported.add(`${nameOf(path)}.${name}`);
        const lines = names.map(
          (name) => `export const ${name} = __watch('${nameOf(path)}.${name}', real.${name});`,
        );
        return {
          contents: `import * as real from './${path.split('/').at(-1)}';\n${lines.join('\n')}`,
          resolveDir: dirname(path),
        };
      });
    },
  };
}

/** The SDK as one script, and all that its files export to one another. */
export async function buildWatched(): Promise<{ script: string; exported: string[] }> {
  const exported = new Set<string>();
  const { outputFiles } = await build({
    entryPoints: [join(SRC, 'global.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    define: { SDK_VERSION: '"0.0.0-test"' },
    plugins: [watched(exported)],
    logLevel: 'error',
  });
  return { script: outputFiles[0]?.text ?? '', exported: [...exported].sort() };
}
