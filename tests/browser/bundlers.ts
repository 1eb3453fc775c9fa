/** The bundlers that applications use, each as its users run it: an entry in, a folder with `main.js` out. */

import { createRequire } from 'node:module';
import nodeResolve from '@rollup/plugin-node-resolve';
import * as esbuild from 'esbuild';
import { rollup } from 'rollup';
import * as vite from 'vite';
import webpack from 'webpack';

const require = createRequire(import.meta.url);

type Bundle = (entry: string, outDir: string) => Promise<void>;

async function bundleWithVite(entry: string, outDir: string): Promise<void> {
  await vite.build({
    configFile: false,
    logLevel: 'error',
    root: outDir,
    build: {
      outDir,
      emptyOutDir: false,
      sourcemap: true,
      rolldownOptions: { input: entry, output: { entryFileNames: 'main.js' } },
    },
  });
}

async function bundleWithRollup(entry: string, outDir: string): Promise<void> {
  const bundle = await rollup({
    input: entry,
    plugins: [
      {
        // TensorFlow.js in one file: in many it imports CommonJS modules, which rollup wants a plugin for.
        name: 'tfjs',
        resolveId: (source) =>
          source === '@tensorflow/tfjs' ? require.resolve('@tensorflow/tfjs/dist/tf.fesm.min.js') : null,
      },
      nodeResolve({ browser: true }),
    ],
    onwarn: (warning) => {
      if (!warning.id?.includes('tf.fesm')) throw new Error(warning.message);
    },
  });
  await bundle.write({ dir: outDir, format: 'es', entryFileNames: 'main.js', sourcemap: true });
  await bundle.close();
}

const bundleWithEsbuild =
  (splitting: boolean): Bundle =>
  async (entry, outDir) => {
    await esbuild.build({
      entryPoints: { main: entry },
      outdir: outDir,
      bundle: true,
      minify: true,
      sourcemap: true,
      format: splitting ? 'esm' : 'iife',
      splitting,
      logLevel: 'error',
    });
  };

const bundleWithWebpack: Bundle = (entry, outDir) =>
  new Promise((resolve, reject) => {
    const compiler = webpack({
      mode: 'production',
      devtool: 'source-map',
      context: outDir,
      entry,
      output: { path: outDir, filename: 'main.js', publicPath: 'auto' },
      performance: false,
    });
    compiler.run((failure, stats) => {
      const trouble =
        failure?.message ?? (stats?.hasErrors() || stats?.hasWarnings() ? stats.toString() : undefined);
      compiler.close(() => (trouble ? reject(new Error(trouble)) : resolve()));
    });
  });

export const BUNDLERS: Record<string, { bundle: Bundle; splits: boolean }> = {
  vite: { bundle: bundleWithVite, splits: true },
  rollup: { bundle: bundleWithRollup, splits: true },
  webpack: { bundle: bundleWithWebpack, splits: true },
  esbuild: { bundle: bundleWithEsbuild(true), splits: true },
  'esbuild into one file': { bundle: bundleWithEsbuild(false), splits: false },
};
