// Bundles the fleet page into dist/: one script, one style sheet, one font, index.html that names them.
// Names hold a hash of the bytes, so the collector can serve them as immutable.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { build } from 'esbuild';

const root = new URL('.', import.meta.url).pathname;
const dist = `${root}dist`;

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
const result = await build({
  absWorkingDir: root,
  entryPoints: { page: 'src/main.ts', style: 'src/style/index.css', icon: 'src/icon.svg' },
  outdir: dist,
  entryNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  bundle: true,
  format: 'esm',
  target: ['chrome110', 'firefox115', 'safari16'],
  minify: true,
  metafile: true,
  loader: { '.woff2': 'file', '.svg': 'copy' },
  logLevel: 'warning',
});
const built = Object.keys(result.metafile.outputs).map((path) => basename(path));
const named = (prefix, suffix) => {
  const name = built.find((file) => file.startsWith(prefix) && file.endsWith(suffix));
  if (name === undefined) throw new Error(`the build made no ${prefix}*${suffix}`);
  // Relative, so that the page also works below a path that a proxy takes off.
  return `fleet/${name}`;
};
const template = await readFile(`${root}src/index.html`, 'utf8');
await writeFile(
  `${dist}/index.html`,
  template
    .replace('%SCRIPT%', named('page-', '.js'))
    .replace('%STYLE%', named('style-', '.css'))
    .replace('%ICON%', named('icon-', '.svg')),
);

// What is bundled is passed on, so its licences are passed on with it.
const bundled = ['uplot', '@fontsource-variable/inter'];
const licences = bundled.map(async (name) => {
  const text = await readFile(`${root}../../node_modules/${name}/LICENSE`, 'utf8');
  return `${name}\n\n${text}`;
});
await writeFile(`${dist}/third-party-licences.txt`, (await Promise.all(licences)).join('\n\n'));
