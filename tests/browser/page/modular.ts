/** What runs inside a page that uses the published package: its lazy parts are files, fetched under a strict CSP. */

import * as tf from '@tensorflow/tfjs';
import { createMonitor } from 'inferfleet';
import { tfjs } from 'inferfleet/tfjs';

/** A model of one layer; enough to be measured, and loaded from nowhere. */
const affine = () => ({ predict: (x: tf.Tensor) => tf.add(tf.mul(x, 2), 1) });

const monitor = createMonitor({
  app: 'lab',
  key: 'lab-key',
  endpoint: location.origin,
  remoteConfig: false,
  // Its header forbids every Trusted Types policy, which no script can see: such a page says so.
  worker: location.pathname !== '/strict',
});
/** Fetched when it is asked for, as a developer's page would. */
const overlay = () => import('inferfleet/overlay');

const modular = { tf, monitor, affine, adapter: tfjs(tf), createMonitor, overlay };

declare global {
  interface Window {
    modular: typeof modular;
  }
}
window.modular = modular;
