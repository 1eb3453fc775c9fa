/** What a race needs of TensorFlow.js: which backends there are, and the one that was current made so again. */

import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tfjs } from '../src/tfjs.js';

const engine = () => tf.engine() as unknown as { registryFactory: Record<string, { priority: number }> };

/** Answers nothing, and is never asked. */
class Idle extends tf.KernelBackend {
  override dispose() {
    // It holds nothing.
  }
}

beforeEach(async () => {
  tf.registerBackend('wasm', () => new Idle() as tf.KernelBackend, 2);
  await tf.setBackend('cpu');
});
afterEach(() => tf.removeBackend('wasm'));

describe('the backends of a page’s TensorFlow.js', () => {
  it('are those that it registered, what starts soon first', async () => {
    expect((await tfjs(tf).backends()).offers?.()).toEqual(['wasm', 'cpu']);
  });

  it('tell the version of the library', async () => {
    expect((await tfjs(tf).backends()).version).toBe(tf.version_core);
  });

  it('are put back to the one that was current', async () => {
    const backends = await tfjs(tf).backends();
    const restore = backends.restorer?.();
    await backends.start('wasm');
    expect(tf.getBackend()).toBe('wasm');
    await restore?.();
    expect(tf.getBackend()).toBe('cpu');
  });

  it('are picked anew when there was none, and not before somebody asks for it', async () => {
    tf.engine().reset();
    const backends = await tfjs(tf).backends();
    const restore = backends.restorer?.();
    await backends.start('cpu');
    await restore?.();
    expect(tf.getBackend()).toBe('cpu');
    await backends.startDefault();
    expect(tf.getBackend()).toBe('wasm');
    await backends.start('cpu');
    await backends.startDefault();
    expect(tf.getBackend()).toBe('cpu');
  });

  it('are not picked anew when a plan chose one', async () => {
    tf.engine().reset();
    const backends = await tfjs(tf).backends();
    await backends.restorer?.()();
    await backends.start('cpu');
    await backends.startDefault();
    expect(tf.getBackend()).toBe('cpu');
  });

  it.each([
    [true, 2],
    [false, 0],
  ])('keep their rank when a race gave one up: %s', async (staysPicked, rank) => {
    const backends = await tfjs(tf).backends();
    backends.giveUp?.('wasm', staysPicked);
    expect(engine().registryFactory.wasm?.priority).toBe(rank);
  });
});
