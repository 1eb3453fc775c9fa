import { defineConfig } from 'vitest/config';

/** `npm run faults`: over a thousand lives of a page, which takes several minutes, so that it is no part of `npm test`. */
export default defineConfig({ test: { include: ['fault_injection.ts'], hookTimeout: 60_000 } });
