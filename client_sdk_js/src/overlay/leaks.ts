/** Which lines leave something behind, as far as this session is traced (`leakTrace`). */

import type { LeakSnapshot, PlaceSnapshot } from '../core/snapshot.js';
import { element, show, write } from './elements.js';
import { bytes, digits } from './numbers.js';
import type { Section } from './view.js';

const MOST_SHOWN = 4;
const MOST_CALLERS = 12;
/** Where a bundler or a dev server puts packages. */
const LIBRARY = /\/node_modules\/|\/\.vite\/deps\/|@tensorflow|\btfjs\b|onnxruntime/;
/** Calls of TensorFlow.js by names that no bundler changes: methods, and in development classes and functions. */
const ENGINE =
  /(^|[\s_])(Engine|GraphModel|GraphExecutor|LayersModel|Sequential)\.|(^|[\s.])(trackTensor|makeTensor|makeTensorFromTensorInfo|runKernel|runKernelFunc|kernelFunc|scopedRun|tidy|executeOp|decodeWeights?|loadSync|loadGraphModel)$|__op$/;

export function leaksSection(): Section {
  const list = element('ul', 'sites');
  const beside = element('span', 'beside soft');
  const node = element('section', 'leaks', element('h2', '', 'Leaks', beside), list);
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
        sites.length ? `per prediction, of ${predictions} traced` : `none in ${predictions} predictions`,
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
  const [where, ...callers] = pageFrames(frames);
  return element(
    'li',
    '',
    element(
      'div',
      'line',
      element('strong', 'bad what', `${digits(count / predictions)} ${what}`),
      element('span', 'soft', size ? bytes(size / predictions) : ''),
    ),
    element('p', 'place', where ? placeText(where) : 'in no file of the page'),
    ...(callers.length ? [callersOf(callers)] : []),
  );
}

/** Closed at first: they are what to look through where names tell nothing. */
function callersOf(callers: PlaceSnapshot[]): HTMLElement {
  const shown = callers.slice(0, MOST_CALLERS);
  return element(
    'details',
    'place soft',
    element('summary', '', `called from ${placeText(shown[0] as PlaceSnapshot)}`),
    ...shown.slice(1).map((each) => element('p', 'place', placeText(each))),
  );
}

/**
 * The calls that look like the page's own, the innermost first. In a minified bundle of everything these are all that do not
 * look like the engine's: the first ones may be its own under names that tell nothing.
 */
export function pageFrames(frames: readonly PlaceSnapshot[]): PlaceSnapshot[] {
  const last = frames.findLastIndex(({ url, name }) => LIBRARY.test(url) || ENGINE.test(name));
  const from = frames.slice(last + 1);
  return from.length ? from : frames.slice(-1);
}

/** As it may be broken between name and place, but not within either. */
function placeText({ name, url, line, column }: PlaceSnapshot): string {
  const place = `${url.split('/').at(-1)}:${line}:${column}`;
  return name ? `${name} ${place}` : place;
}
