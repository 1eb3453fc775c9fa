import { defineConfig } from 'vitest/config';

export default defineConfig({
  define: { SDK_VERSION: '"0.0.0-test"' },
  test: { include: ['tests/**/*.test.ts'], setupFiles: ['tests/lazy_parts.ts'] },
});
