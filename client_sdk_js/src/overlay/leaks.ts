/** Which lines leave something behind, as far as this session is traced (`leakTrace`). */

import type { LeakSnapshot, PlaceSnapshot } from '../core/snapshot.js';
import { element, show, write } from './elements.js';
import { bytes, digits } from './numbers.js';
import type { Section } from './view.js';

const MOST_SHOWN = 4;
/** Where a bundler or a dev server puts packages. */
const LIBRARY = /\/node_modules\/|\/\.vite\/deps\/|@tensorflow|\btfjs\b|onnxruntime/;
/** Calls of TensorFlow.js by names that no bundler changes: methods, and in development classes and functions. */
const ENGINE =
  /(^|[\s_])(Engine|GraphModel|GraphExecutor|LayersModel|Sequential)\.|(^|[\s.])(trackTensor|makeTensor|makeTensorFromTensorInfo|runKernel|runKernelFunc|kernelFunc|scopedRun|tidy|executeOp|decodeWeights?|loadSync|loadGraphModel)$/;

export function leaksSection(): Section {
  const list = element('ul', 'incidents leaks');
  const beside = element('span', 'beside soft');
  const node = element('section', '', element('h2', '', 'Leaks', beside), list);
  let shown = '';
  list.hidden = true;
  return {
    node,
    update({ model, snapshot: { leaks } }) {
      const traced = leaks?.find((each) => each.model === model?.model);
      show(node, !!traced);
      if (!traced) return;
      const { predictions, sites } = traced;
      write(
        beside,
        sites.length ? `${predictions} predictions traced` : `none in ${predictions} predictions`,
      );
      const now = JSON.stringify(sites);
      if (now === shown) return;
      shown = now;
      show(list, !!sites.length);
      list.replaceChildren(...sites.slice(0, MOST_SHOWN).map(line));
    },
  };
}

function line({ left, predictions, frames }: LeakSnapshot['sites'][number]): HTMLElement {
  const count = left.reduce((sum, each) => sum + each.count, 0);
  const size = left.reduce((sum, each) => sum + each.count * each.bytes, 0);
  const [first] = left;
  const what =
    left.length > 1
      ? `tensors of ${left.length} shapes`
      : first?.dtype === 'session'
        ? 'session'
        : `${first?.dtype}[${first?.shape}]`;
  const where = pageFrame(frames);
  return element(
    'li',
    '',
    element('strong', 'bad', `${digits(count / predictions)} ${what}`),
    element('span', 'what', where ? placeText(where) : 'no file of the page'),
    element('span', 'soft', size ? bytes(size / predictions) : ''),
  );
}

/** The first call that looks like the page's own. Where all is in one bundle, the first that is not the engine's. */
export function pageFrame(frames: readonly PlaceSnapshot[]): PlaceSnapshot | undefined {
  const last = frames.findLastIndex(({ url, name }) => LIBRARY.test(url) || ENGINE.test(name));
  const from = frames.slice(last + 1);
  return from[0] ?? frames.at(-1);
}

const placeText = ({ name, url, line, column }: PlaceSnapshot): string =>
  `${name ? `${name} ` : ''}${url.split('/').at(-1)}:${line}:${column}`;
