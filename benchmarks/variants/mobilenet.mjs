// Writes the MobileNetV2 of the npm package nsfwjs as a layers model: `node mobilenet.mjs FOLDER`.
//
// The package has it in uint8 alone, as base64 in scripts. What TensorFlow.js computes with is what it decodes these
// to; that is written, in float32, since variants are built of a float model only.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const folder = join(import.meta.dirname, 'node_modules/nsfwjs/dist/models/mobilenet_v2');
const to = process.argv[2];

const found = async (file) => {
  const { default: value } = await import(pathToFileURL(join(folder, file)));
  return value.default ?? value;
};
const model = await found('model.min.js');
const files = readdirSync(folder).filter((file) => file.startsWith('group1-shard'));
const shards = [];
for (const file of files.sort()) shards.push(Buffer.from(await found(file), 'base64'));
const stored = Buffer.concat(shards);

const weights = model.weightsManifest.flatMap((group) => group.weights);
const parts = [];
let at = 0;
for (const { name, shape, dtype, quantization } of weights) {
  const size = shape.reduce((product, length) => product * length, 1);
  if (dtype !== 'float32' || quantization?.dtype !== 'uint8') throw new Error(`${name} is not in uint8`);
  const values = Float32Array.from(
    stored.subarray(at, at + size),
    (level) => level * quantization.scale + quantization.min,
  );
  parts.push(Buffer.from(values.buffer));
  at += size;
}
if (at !== stored.length) throw new Error(`the weights have ${stored.length} bytes, and ${at} are named`);

mkdirSync(to, { recursive: true });
const manifest = [
  { paths: ['weights.bin'], weights: weights.map(({ name, shape, dtype }) => ({ name, shape, dtype })) },
];
const { modelTopology, userDefinedMetadata } = model;
writeFileSync(join(to, 'weights.bin'), Buffer.concat(parts));
writeFileSync(
  join(to, 'model.json'),
  JSON.stringify({ format: 'layers-model', modelTopology, userDefinedMetadata, weightsManifest: manifest }),
);
const shipped = JSON.stringify(model).length + stored.length;
process.stdout.write(`${JSON.stringify({ shipped_bytes: shipped })}\n`);
