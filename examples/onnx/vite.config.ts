import { defineConfig } from 'vite';

export default defineConfig({
  server: {
    port: 5173,
    strictPort: true,
    host: '127.0.0.1',
    proxy: { '/v1': process.env.COLLECTOR ?? 'http://127.0.0.1:8080' },
  },
});
