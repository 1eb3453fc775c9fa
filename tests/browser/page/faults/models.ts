/** Real TensorFlow.js models, small enough to be made and called a thousand times. */

import * as tf from '@tensorflow/tfjs';

/** A layers model of fixed weights. */
export function layersModel(): tf.LayersModel {
  const ones = { kernelInitializer: 'ones', biasInitializer: 'ones' } as const;
  // Named, or its errors would hold a number that counts up.
  return tf.sequential({ layers: [tf.layers.dense({ name: 'dense', units: 3, inputShape: [2], ...ones })] });
}

/** A graph model of one product, out of memory. */
export function graphModel(): Promise<tf.GraphModel> {
  const shape = { shape: { dim: [{ size: '2' }, { size: '2' }] } };
  const topology = {
    node: [
      { name: 'x', op: 'Placeholder', attr: { dtype: { type: 'DT_FLOAT' }, shape } },
      {
        name: 'w',
        op: 'Const',
        attr: {
          dtype: { type: 'DT_FLOAT' },
          value: { tensor: { dtype: 'DT_FLOAT', tensorShape: shape.shape } },
        },
      },
      {
        name: 'y',
        op: 'MatMul',
        input: ['x', 'w'],
        attr: { T: { type: 'DT_FLOAT' }, transpose_a: { b: false }, transpose_b: { b: false } },
      },
    ],
    versions: { producer: 1 },
  };
  return tf.loadGraphModel(
    tf.io.fromMemory({
      modelTopology: topology,
      weightSpecs: [{ name: 'w', shape: [2, 2], dtype: 'float32' }],
      weightData: new Float32Array([1, 2, 3, 4]).buffer,
      format: 'graph-model',
      generatedBy: 'test',
      convertedBy: 'test',
    }),
  );
}
