import react from '@vitejs/plugin-react';
import { copyModel, copyPhoto } from 'face-detection-example/assets';
import { defineConfig } from 'vite';

const files = `${import.meta.dirname}/public`;
copyModel(files);
copyPhoto(files);

export default defineConfig({
  plugins: [react()],
  server: {
    port: 5171,
    strictPort: true,
    host: '127.0.0.1',
    // The collector as a path of the page's own origin: no CORS, nothing for a content security policy to allow.
    proxy: { '/v1': process.env.COLLECTOR ?? 'http://127.0.0.1:8080' },
  },
});
