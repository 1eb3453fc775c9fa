// Bundles the page into dist/, with the model, the photo and TensorFlow.js's wasm files beside it.
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { copyModel } from './assets.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, 'dist');
const require = createRequire(import.meta.url);

rmSync(dist, { recursive: true, force: true });
cpSync(join(here, 'public'), dist, { recursive: true });

copyModel(dist);

const wasm = dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'));
mkdirSync(join(dist, 'wasm'));
for (const flavour of ['', '-simd', '-threaded-simd']) {
  const file = `tfjs-backend-wasm${flavour}.wasm`;
  cpSync(join(wasm, 'dist', file), join(dist, 'wasm', file));
}

const { version } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
await build({
  entryPoints: [join(here, 'src/main.ts')],
  outdir: dist,
  bundle: true,
  splitting: true, // what is imported when it is needed stays a file of its own
  minify: true,
  sourcemap: true,
  format: 'esm',
  target: 'es2022',
  legalComments: 'none',
  define: { PAGE_RELEASE: JSON.stringify(version) },
});
