// Weighs the SDK beside its peers, and fails when it is over its gate. Prints one JSON line last. `make sdk-size`.
//
// The SDK is bundled as published (client_sdk_js/dist, built here first), by its package name. The table in docs/sdk.md
// is written by `--write` and otherwise held to be current.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPeers } from './install.mjs';
import { PEERS } from './peers.mjs';
import { bundledSizes } from './sizes.mjs';
import { replaceTable, sizeTable } from './table.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, '../..');
const PAGE = join(ROOT, 'docs/sdk.md');
const GATE = {
  core_br: 4 * 1024,
  core_tfjs_br: 5 * 1024,
  ort_br: 1.2 * 1024,
  offline_br: 1.2 * 1024,
  race_br: 1.5 * 1024,
  trace_br: 3 * 1024,
};

const CORE = `import { createMonitor } from 'inferfleet'; globalThis.start = () => createMonitor;`;
const CORE_TFJS = `import { createMonitor } from 'inferfleet'; import { tfjs } from 'inferfleet/tfjs';
  globalThis.start = () => [createMonitor, tfjs];`;

const OVERLAY = `import { showOverlay } from 'inferfleet/overlay'; globalThis.show = () => showOverlay;`;

const withAdapter = (name) => `import { createMonitor } from 'inferfleet';
  import { ${name} } from 'inferfleet/${name}'; globalThis.start = () => [createMonitor, ${name}];`;

const sum = (sizes) => Object.values(sizes).reduce((total, each) => total + each, 0);
const kib = (bytes) => `${(bytes / 1024).toFixed(2)} KiB`.padStart(10);

execFileSync('npm', ['run', 'build', '--silent'], {
  cwd: join(ROOT, 'client_sdk_js'),
  stdio: ['ignore', 'inherit', 'inherit'],
});
installPeers();

const core = await bundledSizes(CORE, ROOT);
const both = await bundledSizes(CORE_TFJS, ROOT);
// What an adapter adds to the core, for a page without TensorFlow.js.
const ort = (await bundledSizes(withAdapter('ort'), ROOT)).eager - core.eager;
const any = (await bundledSizes(withAdapter('any'), ROOT)).eager - core.eager;
const overlay = (await bundledSizes(OVERLAY, ROOT)).eager;
const peers = {};
// A peer's lazy files, if it has any, are not counted against it either.
for (const [name, source] of Object.entries(PEERS)) peers[name] = (await bundledSizes(source, HERE)).eager;

const result = {
  core_br: core.eager,
  core_tfjs_br: both.eager,
  ort_br: ort,
  any_br: any,
  offline_br: both.lazy.offline,
  race_br: both.lazy.race,
  trace_br: both.lazy.trace,
  overlay_br: overlay,
  lazy_br: both.lazy,
  total_br: both.eager + sum(both.lazy),
  peers,
};
console.log(`core                      ${kib(result.core_br)}`);
console.log(`core + tfjs               ${kib(result.core_tfjs_br)}   what a page waits for`);
console.log(`ort adapter               ${kib(ort)}   on top of the core`);
console.log(`any adapter               ${kib(any)}   on top of the core`);
console.log(`overlay                   ${kib(overlay)}   for developers, by import() of theirs`);
for (const [name, bytes] of Object.entries(both.lazy))
  console.log(`  later: ${name.padEnd(17)} ${kib(bytes)}`);
console.log(`all of it                 ${kib(result.total_br)}`);
for (const [name, bytes] of Object.entries(peers)) console.log(`${name.padEnd(25)} ${kib(bytes)}`);

const over = Object.entries(GATE).filter(([key, most]) => result[key] > most);
for (const [key, most] of over)
  console.error(`sdk-size: ${key} is ${result[key]} bytes, ${result[key] - most} over its gate of ${most}`);

const page = readFileSync(PAGE, 'utf8');
const current = replaceTable(page, sizeTable(result, GATE));
const stale = current !== page;
if (process.argv.includes('--write')) writeFileSync(PAGE, current);
else if (stale) console.error('sdk-size: the table in docs/sdk.md is not current: run this with --write');

console.log(JSON.stringify(result));
process.exitCode = over.length || (stale && !process.argv.includes('--write')) ? 1 : 0;
