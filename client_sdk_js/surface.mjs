// Copies the built package's types to `surface/`, which is committed: a change of the public surface shows in review.
// tests/browser/surface.test.ts holds the two to be the same.
import { cpSync, rmSync, statSync } from 'node:fs';

rmSync('surface', { recursive: true, force: true });
cpSync('dist', 'surface', {
  recursive: true,
  filter: (path) => path.endsWith('.d.ts') || (statSync(path).isDirectory() && !path.endsWith('later')),
});
