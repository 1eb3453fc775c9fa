// Bundles the SDK and prints what it weighs. The `.d.ts` files come from tsc afterwards (package.json).
import { readFileSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';
import { build } from 'esbuild';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const shared = {
  bundle: true,
  minify: true,
  target: 'es2022',
  sourcemap: true,
  legalComments: 'none',
  define: { SDK_VERSION: JSON.stringify(version) },
};

await build({ ...shared, format: 'esm', entryPoints: ['src/index.ts', 'src/tfjs.ts'], outdir: 'dist' });
await build({
  ...shared,
  format: 'iife',
  globalName: 'inferfleet',
  entryPoints: ['src/global.ts'],
  outfile: 'dist/inferfleet.global.js',
});

for (const file of ['index.js', 'tfjs.js', 'inferfleet.global.js']) {
  const bytes = readFileSync(`dist/${file}`);
  const brotli = brotliCompressSync(bytes).length;
  console.log(`${file.padEnd(22)} ${bytes.length} B  ${(brotli / 1024).toFixed(2)} KiB brotli`);
}
