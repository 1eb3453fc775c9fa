// What a bundler makes of an import, in bytes as a browser fetches them: esbuild ESM, minified, brotli 11.
import { brotliCompressSync, constants } from 'node:zlib';
import { build } from 'esbuild';

const brotli = (bytes) =>
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;

/**
 * Bundles `source` as an application's entry.
 *
 * Returns `{ eager, lazy }`: the brotli bytes of what is fetched before the entry runs (the entry and all that it
 * imports statically), and of every other file by its name without the hash.
 */
export async function bundledSizes(source, resolveDir) {
  const { metafile, outputFiles } = await build({
    stdin: { contents: source, resolveDir, sourcefile: 'application.js' },
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    legalComments: 'none',
    metafile: true,
    write: false,
    outdir: 'out',
    absWorkingDir: resolveDir,
    logLevel: 'error',
  });
  const size = Object.fromEntries(
    Object.keys(metafile.outputs).map((path) => [
      path,
      brotli(outputFiles.find((file) => file.path.endsWith(path)).contents),
    ]),
  );
  const eager = new Set();
  const fetch = (path) => {
    if (eager.has(path)) return;
    eager.add(path);
    for (const each of metafile.outputs[path].imports)
      if (each.kind === 'import-statement' && !each.external) fetch(each.path);
  };
  fetch(Object.keys(metafile.outputs).find((path) => metafile.outputs[path].entryPoint === 'application.js'));
  const lazy = {};
  for (const path of Object.keys(size)) {
    // Both bundlers that it went through, the SDK's own and this one, put a hash behind its name.
    const name = path.replace(/^out\//, '').replace(/(-[A-Z0-9]{8})+\.js$/, '');
    if (!eager.has(path)) lazy[name] = (lazy[name] ?? 0) + size[path];
  }
  return { eager: [...eager].reduce((sum, path) => sum + size[path], 0), lazy };
}
