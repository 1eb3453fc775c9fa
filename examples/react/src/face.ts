import * as tf from '@tensorflow/tfjs';
import { tfjs } from 'inferfleet/tfjs';
import type { ModelDefinition } from './useModel.js';

export const FACE: ModelDefinition<tf.GraphModel> = {
  name: 'blazeface',
  adapter: tfjs(tf),
  url: '/models/blazeface.json',
  load: (url) => tf.loadGraphModel(url),
  dispose: (model) => model.dispose(),
};
