/** What the SDK's README shows is what the examples do. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const README = readFileSync(join(ROOT, 'client_sdk_js/README.md'), 'utf8');

/** A text without its indentation: a snippet is shown without that of the place that it was taken from. */
const flat = (text: string) => text.trim().replaceAll(/^[ \t]+/gm, '');

const shown = [...README.matchAll(/<!-- (examples\/\S+) -->\n```\w+\n([\s\S]*?)```/g)].map(
  ([, path = '', snippet = '']): [path: string, snippet: string] => [path, snippet],
);

it('shows each way of using the SDK', () => {
  const examples = new Set(shown.map(([path]) => path.split('/')[1]));
  expect([...examples].sort()).toEqual(['onnx', 'react', 'vanilla', 'worker']);
});

it.each(shown)('shows what %s does', (path, snippet) => {
  expect(flat(readFileSync(join(ROOT, path), 'utf8'))).toContain(flat(snippet));
});

it('links to files that are there', () => {
  for (const [, path = ''] of README.matchAll(/\]\((\.\.\/[^)#]+)/g))
    expect(() => readFileSync(join(ROOT, 'client_sdk_js', path)), path).not.toThrow(/ENOENT/);
});
