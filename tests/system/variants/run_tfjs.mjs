// Runs graph models in TensorFlow.js: ENTRY... as arguments, the input as JSON on stdin, all outputs on stdout.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';

/** Reads a model from disk as a page would from a server. */
function fromDisk(entry) {
  return {
    load: async () => {
      const { weightsManifest, modelTopology, ...rest } = JSON.parse(readFileSync(entry, 'utf8'));
      const files = weightsManifest.flatMap((group) => group.paths);
      const bytes = Buffer.concat(files.map((path) => readFileSync(join(dirname(entry), path))));
      const weightSpecs = weightsManifest.flatMap((group) => group.weights);
      const weightData = new Uint8Array(bytes).buffer;
      return { ...rest, modelTopology, weightSpecs, weightData };
    },
  };
}

async function run(entry, { shape, values }) {
  const model = await tf.loadGraphModel(fromDisk(entry));
  const results = await model.executeAsync(tf.tensor(values, shape), model.outputNodes);
  const outputs = [results].flat();
  const ends = [...model.inputs, ...model.outputs].map(({ name, dtype, shape }) => ({ name, dtype, shape }));
  const read = outputs.map((result) => Array.from(result.dataSync()));
  return { ends, outputs: model.outputNodes, values: read };
}

await tf.setBackend('cpu');
const input = JSON.parse(readFileSync(0, 'utf8'));
const ran = [];
for (const entry of process.argv.slice(2)) ran.push(await run(entry, input));
process.stdout.write(`\n${JSON.stringify(ran)}`);
