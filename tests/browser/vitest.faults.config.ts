import { defineConfig } from 'vitest/config';

/** `npm run faults`: thousands of lives of a page, which takes several minutes, so that it is no part of `npm test`. */
export default defineConfig({
  test: { include: ['fault_injection.ts', 'internal_faults.ts'], hookTimeout: 60_000 },
});
