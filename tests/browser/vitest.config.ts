import { defineConfig } from 'vitest/config';

/** Files that hold times to what a machine does which runs nothing else. */
const TIMED = ['backends', 'fences', 'keepalive', 'onnx', 'unseen'].map((name) => `${name}.test.ts`);

/** One file at a time, or two: each has a server and a browser of its own. */
const project = (
  name: string,
  include: string[],
  exclude: string[],
  maxWorkers: number,
  groupOrder: number,
) => ({
  extends: true as const,
  test: { name, include, exclude, maxWorkers, sequence: { groupOrder } },
});

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      project('shared', ['*.test.ts'], ['node_modules', ...TIMED], 2, 0),
      project('alone', TIMED, ['node_modules'], 1, 1),
    ],
  },
});
