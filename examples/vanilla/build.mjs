// Nothing is bundled: the page and the two scripts it names are put into one folder, as any web server serves it.
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { copyModel, copyPhoto } from 'face-detection-example/assets';

const require = createRequire(import.meta.url);
const here = import.meta.dirname;
const dist = join(here, process.argv[2] ?? 'dist');

rmSync(dist, { recursive: true, force: true });
mkdirSync(join(dist, 'lib'), { recursive: true });
cpSync(join(here, 'index.html'), join(dist, 'index.html'));
cpSync(require.resolve('@tensorflow/tfjs/dist/tf.min.js'), join(dist, 'lib/tf.min.js'));
const sdk = join(dirname(require.resolve('inferfleet/package.json')), 'dist');
for (const file of ['inferfleet.global.js', 'inferfleet.global.js.map'])
  cpSync(join(sdk, file), join(dist, 'lib', file));
copyModel(dist);
copyPhoto(dist);
