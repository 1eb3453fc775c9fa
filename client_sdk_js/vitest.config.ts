import { defineConfig } from 'vitest/config';

export default defineConfig({
  define: { SDK_VERSION: '"0.0.0-test"' },
  // Most wait for what they stand in for: a beacon, a page that is gone.
  test: { maxWorkers: 4, include: ['tests/**/*.test.ts'], setupFiles: ['tests/lazy_parts.ts'] },
});
