/** What every page of this folder is given: its model's file, and pictures to look at. */

import type * as TensorFlow from '@tensorflow/tfjs';
import type { Monitor } from 'inferfleet';

export interface Task {
  tf: typeof TensorFlow;
  monitor: Monitor;
  /** As the model is named in reports: the page's own name. */
  name: string;
  predictions: number;
  /** What it runs on. */
  backend: string;
}

export const MODEL = '/models/liveness.json';

const PACE_MS = 16;

/** What a camera gives, at its own pace: a picture of this size, another one each time. */
export async function frame(n: number, size = 64): Promise<ImageData> {
  await new Promise((resolve) => setTimeout(resolve, PACE_MS));
  const picture = new ImageData(size, size);
  picture.data.fill((n * 37) % 256);
  return picture;
}
