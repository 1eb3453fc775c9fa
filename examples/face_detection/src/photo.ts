import * as tf from '@tensorflow/tfjs';
import { INPUT_SIZE } from './blazeface.js';

/** The photo's pixels as they are fed to the model: fetched once, made into a tensor for each prediction. */
export async function loadPhoto(url: string): Promise<ImageData> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`the photo ${url} cannot be loaded: ${answer.status}`);
  const bitmap = await createImageBitmap(await answer.blob());
  const canvas = new OffscreenCanvas(INPUT_SIZE, INPUT_SIZE);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('this browser has no 2D canvas');
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, INPUT_SIZE, INPUT_SIZE);
  bitmap.close();
  return context.getImageData(0, 0, INPUT_SIZE, INPUT_SIZE);
}

/** A float32 tensor [1, 256, 256, 3] in [-1, 1], which the caller disposes of. */
export function toInput(photo: ImageData): tf.Tensor4D {
  return tf.tidy(() => {
    const pixels = tf.browser.fromPixels(photo);
    return tf.expandDims<tf.Tensor4D>(tf.sub(tf.div(pixels, 127.5), 1));
  });
}
