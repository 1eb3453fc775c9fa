// The cpu and webgl backends come with '@tensorflow/tfjs'; these two are registered by being imported.
import '@tensorflow/tfjs-backend-webgpu';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';

// Served beside the page: a page that is cross-origin isolated could not load them from a CDN without CORP headers.
setWasmPaths('./wasm/');
