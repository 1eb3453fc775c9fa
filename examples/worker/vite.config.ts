import { copyModel, copyPhoto } from 'face-detection-example/assets';
import { defineConfig } from 'vite';

const files = `${import.meta.dirname}/public`;
copyModel(files);
copyPhoto(files);

export default defineConfig({
  worker: { format: 'es' }, // a module worker: parts of the SDK, and your own, stay files that are fetched when needed
  server: {
    port: 5172,
    strictPort: true,
    host: '127.0.0.1',
    proxy: { '/v1': process.env.COLLECTOR ?? 'http://127.0.0.1:8080' },
  },
});
