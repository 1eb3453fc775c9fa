// Prints the attributes that TensorFlow.js's own JavaScript reads of each op, as op_lists.py gives them.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const converter = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-converter/package.json'));
const folder = join(converter, 'dist/operations/op_list');

function attributes({ attrs = [] }) {
  const read = {};
  for (const { tfName, tfDeprecatedName, type, defaultValue, notSupported } of attrs) {
    if (notSupported) continue;
    read[tfName] = [type, tfDeprecatedName ? null : (defaultValue ?? null)];
    if (tfDeprecatedName) read[tfDeprecatedName] = [type, null];
  }
  return read;
}

const ops = {};
for (const file of readdirSync(folder)) {
  if (!file.endsWith('.js') || file.endsWith('_test.js') || file === 'op_schema.js') continue;
  const source = readFileSync(join(folder, file), 'utf8').replace(/^\/\/# sourceMappingURL.*$/m, '');
  const { json } = await import(`data:text/javascript,${encodeURIComponent(source)}`);
  for (const op of json ?? []) ops[op.tfOpName] = attributes(op);
}
process.stdout.write(JSON.stringify(ops));
