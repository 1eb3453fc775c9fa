// What `leakTrace` costs for each tensor, by the processor's own time. Prints one JSON line last. `make bench-trace`.
//
// A real engine of TensorFlow.js makes tensors and disposes of them: by itself, with the trace's hook on a page where nothing
// stays, and with a stack of 35 calls for each, which the trace takes only of kinds that stay. The three take turns.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const SDK = join(ROOT, 'client_sdk_js');
const ROUNDS = 5;
const TENSORS_A_PREDICTION = 145; // BlazeFace's
const DEPTH = 35;
const PREDICTIONS = 1_000;

const { outputFiles } = await build({
  stdin: {
    contents: `export { watchTensors } from './src/tfjs/tensors.ts'; export { survivors } from './src/trace/survivors.ts';`,
    resolveDir: SDK,
  },
  bundle: true,
  format: 'esm',
  write: false,
  minify: true,
  logLevel: 'error',
});
const { text } = outputFiles[0];
const { watchTensors, survivors } = await import(`data:text/javascript,${encodeURIComponent(text)}`);
const tf = createRequire(join(SDK, 'package.json'))('@tensorflow/tfjs');
await tf.setBackend('cpu');

const deep = (calls, run) => (calls ? deep(calls - 1, run) : run());
/** Microseconds of the processor for a tensor that is made and disposed of. */
function cost(predictions, found, size) {
  const unhook = found && watchTensors(tf, { born: found.born, gone: found.gone, cleared: found.clear });
  const kept = [];
  if (size)
    for (let n = 0; n < 20; n++) {
      found.tick('face');
      kept.push(tf.ones([size])); // so that stacks are taken of its kind
    }
  const before = process.cpuUsage().user;
  for (let n = 0; n < predictions; n++) {
    found?.tick('face');
    if (size) kept.push(tf.ones([size]));
    for (let i = 0; i < TENSORS_A_PREDICTION; i++)
      deep(DEPTH, () => tf.ones([size ?? 1 + (i % 60)]).dispose());
  }
  const us = (process.cpuUsage().user - before) / predictions / TENSORS_A_PREDICTION;
  unhook?.();
  tf.dispose(kept);
  return us;
}

const all = { plain: [], clean: [], stacks: [] };
for (let round = 0; round < ROUNDS; round++) {
  all.plain.push(cost(PREDICTIONS, undefined));
  all.clean.push(cost(PREDICTIONS, survivors()));
  all.stacks.push(cost(100, survivors(), 7));
}
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const [plain, clean, stacks] = [all.plain, all.clean, all.stacks].map(median);
const result = {
  tensor_us: +plain.toFixed(3),
  traced_us: +(clean - plain).toFixed(3),
  stack_us: +(stacks - plain).toFixed(2),
  traced_ratio: +(clean / plain).toFixed(2),
  blazeface_prediction_us: +((clean - plain) * TENSORS_A_PREDICTION).toFixed(1),
};
console.log(
  `traced, a tensor costs ${result.traced_us} us more (${result.blazeface_prediction_us} us a prediction of BlazeFace); with a stack ${result.stack_us} us`,
);
console.log(JSON.stringify(result));
