import type { GraphModel, Tensor } from '@tensorflow/tfjs';
import { tfjs } from 'inferfleet/tfjs';
import { frame, MODEL, readSeldom, type Task } from './task.js';

class Tracker {
  readonly faces: Tensor[] = [];

  constructor(
    private readonly tf: Task['tf'],
    private readonly model: GraphModel,
  ) {}

  /** The scores that nobody looks at stay on the device, for as long as this object lives. */
  async follow(picture: ImageData, n: number): Promise<void> {
    const input = this.tf.tidy(() =>
      this.tf.browser.fromPixels(picture).toFloat().div(127.5).sub(1).expandDims(0),
    );
    const big = this.tf.tidy(() => this.tf.image.resizeBilinear(input as never, [32, 32]));
    const outputs = [this.model.execute(big)].flat(); // LEAK
    this.faces.push(...outputs);
    await readSeldom(n, outputs[0]);
    this.tf.dispose([input, big]);
  }
}

export async function keepsTextures({ tf, monitor, name, goesOn }: Task): Promise<void> {
  const { model } = await monitor.load<GraphModel>(name, {
    adapter: tfjs(tf),
    url: MODEL,
    load: (url) => tf.loadGraphModel(url),
  });
  const tracker = new Tracker(tf, model);
  for (let n = 0; goesOn(n); n++) await tracker.follow(await frame(n), n);
}
