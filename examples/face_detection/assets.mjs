// The model and the photo, where the other examples get them from.
import { cpSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const HERE = import.meta.dirname;

/** Copies the model into `folder/models`. The weights stay in their npm package (MIT) and are never committed. */
export function copyModel(folder) {
  const human = dirname(dirname(require.resolve('@vladmandic/human')));
  mkdirSync(join(folder, 'models'), { recursive: true });
  for (const file of ['blazeface.json', 'blazeface.bin'])
    cpSync(join(human, 'models', file), join(folder, 'models', file));
}

/** Copies the photo into `folder/photo`. */
export const copyPhoto = (folder) =>
  cpSync(join(HERE, 'public/photo'), join(folder, 'photo'), { recursive: true });
