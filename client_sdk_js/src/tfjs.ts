/** The TensorFlow.js adapter. It is handed the page's own `tf`; nothing of TensorFlow.js is imported. */

export { tfjs } from './tfjs/adapter.js';
export type { TensorFlow } from './tfjs/types.js';
