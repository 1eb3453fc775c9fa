import * as tf from '@tensorflow/tfjs';
import { decodeFaces, type Face } from './blazeface.js';
import { toInput } from './photo.js';

export interface Detection {
  faces: Face[];
  /** From the call until all outputs could be read. */
  readyMs: number;
}

/** Of the model's outputs so many make an answer that is compared: with a reference, and in a race. */
const COMPARED = 224;

/** What the model says of the photo, in a few numbers: the scores of every fourth anchor. */
export async function answer(model: tf.GraphModel, photo: ImageData): Promise<number[]> {
  const input = toInput(photo);
  const tensors = model.predict(input) as tf.Tensor[];
  const scores = tensors.filter(({ shape }) => shape.at(-1) === 1).sort((a, b) => b.size - a.size);
  const values = await Promise.all(scores.map((tensor) => tensor.data()));
  tf.dispose([input, ...tensors]);
  return values
    .flatMap((each) => Array.from(each))
    .filter((_, index) => index % 4 === 0)
    .slice(0, COMPARED);
}

/**
 * One prediction, and the faces in it.
 *
 * @param leak the bug of a release that forgets to dispose of what the model returns: four tensors each time.
 */
export async function detect(model: tf.GraphModel, photo: ImageData, leak: boolean): Promise<Detection> {
  const input = toInput(photo);
  const started = performance.now();
  const tensors = model.predict(input) as tf.Tensor[];
  const values = await Promise.all(tensors.map((tensor) => tensor.data()));
  const readyMs = performance.now() - started;
  const outputs = tensors.map((tensor, index) => ({ shape: tensor.shape, values: values[index] ?? [] }));
  tf.dispose(leak ? input : [input, ...tensors]);
  return { faces: decodeFaces(outputs), readyMs };
}
