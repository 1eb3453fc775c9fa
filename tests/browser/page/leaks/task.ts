/** What every page of this folder is given: its model's file, and pictures to look at. */

import type * as TensorFlow from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { Monitor } from 'inferfleet';

export interface Task {
  tf: typeof TensorFlow;
  monitor: Monitor;
  /** As the model is named in reports: the page's own name. */
  name: string;
  /** Whether there is a picture after so many. */
  goesOn(n: number): boolean;
  /** What it runs on. */
  backend: string;
  /** Whether this release no longer leaks. */
  fixed: boolean;
}

export const MODEL = '/app/tiny.json';

/** Reads a result now and then, as a page does that draws less often than it looks: a read stalls a software GPU for long. */
export async function readSeldom(n: number, output: Tensor | undefined): Promise<void> {
  if (n % 16 === 0) await output?.data();
}

const PACE_MS = 16;

/** What a camera gives, at its own pace: a picture of this size, another one each time. */
export async function frame(n: number, size = 64): Promise<ImageData> {
  await new Promise((resolve) => setTimeout(resolve, PACE_MS));
  const picture = new ImageData(size, size);
  picture.data.fill((n * 37) % 256);
  return picture;
}
