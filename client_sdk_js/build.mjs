// Bundles the SDK and prints what it weighs; `--modules`: also what each source file puts in, minified.
// The `.d.ts` files come from types.mjs afterwards (package.json).
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';
import { build } from 'esbuild';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const shared = {
  bundle: true,
  minify: true,
  // What begins with an underscore is between the SDK's own files: it never leaves them, so its name need not last.
  mangleProps: /^_/,
  target: 'es2022',
  sourcemap: true,
  legalComments: 'none',
  metafile: true,
  // V8 then compiles every function while the file arrives, off the page's thread: without it each costs that thread
  // at its first call, which together is more than half of what starting the SDK takes.
  banner: { js: '//# allFunctionsCalledOnLoad' },
  define: { SDK_VERSION: JSON.stringify(version) },
};
const modular = {
  ...shared,
  format: 'esm',
  splitting: true, // every `import()` is a file of its own, fetched relative to the file that asks for it
  chunkNames: 'later/[name]-[hash]',
  outdir: 'dist',
};

rmSync('dist', { recursive: true, force: true }); // names of lazy parts hold a hash: old ones would pile up
const core = await build({ ...modular, entryPoints: ['src/index.ts', 'src/tfjs.ts'] });
// Apart from the others: a file shared with the tfjs adapter would be one more that its pages wait for.
const others = await build({
  ...modular,
  entryPoints: ['src/ort.ts', 'src/any.ts', 'src/canary.ts', 'src/overlay.ts'].filter((path) =>
    existsSync(path),
  ),
  mangleCache: core.mangleCache, // the same short names, should one ever cross
});
const script = await build({
  ...shared,
  format: 'iife', // a single file: it contains the lazy parts too
  define: { ...shared.define, 'import.meta.url': 'undefined' },
  entryPoints: ['src/global.ts'],
  outfile: 'dist/inferfleet.global.js',
});

for (const { metafile } of [core, others, script]) {
  for (const [file, { inputs }] of Object.entries(metafile.outputs)) {
    if (!file.endsWith('.js')) continue;
    const bytes = readFileSync(file);
    const brotli = (brotliCompressSync(bytes).length / 1024).toFixed(2);
    console.log(`${file.padEnd(40)} ${String(bytes.length).padStart(6)} B  ${brotli.padStart(5)} KiB brotli`);
    if (!process.argv.includes('--modules')) continue;
    for (const [module, { bytesInOutput }] of Object.entries(inputs))
      console.log(`  ${module.padEnd(38)} ${String(bytesInOutput).padStart(6)} B`);
  }
}
