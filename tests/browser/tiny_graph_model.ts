/** A TensorFlow.js graph model of two layers, written by hand: small enough for a software GPU, and real on every backend. */

type Shape = readonly number[];
interface Layer {
  name: string;
  op: string;
  input?: string[];
  attr?: Record<string, unknown>;
}

const FLOAT = { T: { type: 'DT_FLOAT' } };
const base64 = (text: string) => Buffer.from(text).toString('base64');
const list = (...numbers: number[]) => ({ list: { i: numbers.map(String) } });
const shaped = (shape: Shape) => ({ shape: { dim: shape.map((size) => ({ size: String(size) })) } });
const weight = (name: string, shape: Shape, dtype: string): Layer => ({
  name,
  op: 'Const',
  attr: {
    dtype: { type: dtype },
    value: { tensor: { dtype, tensorShape: { dim: shape.map((size) => ({ size: String(size) })) } } },
  },
});

const FILTER = [8, 8, 3, 4]; // height, width, channels in and out
const FLAT = 4 * 4 * 4;
const SCORES = [FLAT, 2];

const NODES: Layer[] = [
  {
    name: 'picture',
    op: 'Placeholder',
    attr: { dtype: { type: 'DT_FLOAT' }, shape: shaped([1, 32, 32, 3]) },
  },
  weight('filter', FILTER, 'DT_FLOAT'),
  weight('flat', [2], 'DT_INT32'),
  weight('scores', SCORES, 'DT_FLOAT'),
  {
    name: 'seen',
    op: 'Conv2D',
    input: ['picture', 'filter'],
    attr: {
      ...FLOAT,
      strides: list(1, 8, 8, 1),
      dilations: list(1, 1, 1, 1),
      padding: { s: base64('VALID') },
      data_format: { s: base64('NHWC') },
    },
  },
  { name: 'row', op: 'Reshape', input: ['seen', 'flat'], attr: FLOAT },
  { name: 'answer', op: 'MatMul', input: ['row', 'scores'], attr: FLOAT },
];

const product = (shape: Shape) => shape.reduce((all, each) => all * each, 1);
const floats = (shape: Shape) => Float32Array.from({ length: product(shape) }, (_, i) => ((i % 7) - 3) / 10);

/** A picture, float32[1,32,32,3], to float32[1,2]: the files of the model, by name. */
export function tinyGraphModel(): { 'tiny.json': string; 'tiny.bin': Uint8Array } {
  const weights = [floats(FILTER), Int32Array.of(1, FLAT), floats(SCORES)];
  const specs = [
    { name: 'filter', shape: FILTER, dtype: 'float32' },
    { name: 'flat', shape: [2], dtype: 'int32' },
    { name: 'scores', shape: SCORES, dtype: 'float32' },
  ];
  return {
    'tiny.json': JSON.stringify({
      format: 'graph-model',
      modelTopology: { node: NODES, versions: { producer: 1 } },
      weightsManifest: [{ paths: ['tiny.bin'], weights: specs }],
    }),
    'tiny.bin': Buffer.concat(weights.map(({ buffer }) => Buffer.from(buffer))),
  };
}
