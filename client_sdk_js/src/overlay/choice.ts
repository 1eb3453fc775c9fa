/** Which backend runs, and why that one. */

import type { Chosen, ModelSnapshot } from '../core/snapshot.js';
import type { ArmSource, FallbackTaken } from '../generated/report.js';
import { element, show, write } from './elements.js';
import { digits } from './numbers.js';
import type { Section } from './view.js';

const WHY: Record<ArmSource, string> = {
  config: 'Remote config chose it for this kind of device',
  last_known_good: 'An earlier remote config chose it; the collector did not answer in time',
  default: 'The library picked it; no remote config said otherwise',
  override: 'The page forces it',
  fallback: 'What was wanted first did not start',
  race: 'It was the fastest in a race on this device',
};

export function choiceSection(): Section {
  const backend = element('strong', 'backend');
  const source = element('span', 'chip');
  const threads = element('span', 'beside soft');
  const why = element('p', 'soft');
  const fallbacks = element('ul', 'fallbacks');
  const facts = ['Variant', 'Config', 'Device'].map((name) => {
    const value = element('dd');
    return { value, row: element('div', '', element('dt', '', name), value) };
  });
  const node = element(
    'section',
    'choice',
    element('p', 'line', backend, source, threads),
    why,
    fallbacks,
    element('dl', '', ...facts.map(({ row }) => row)),
  );
  return {
    node,
    update({ model }) {
      show(node, !!model);
      if (!model) return;
      const { chosen } = model;
      write(backend, model.backend);
      write(source, model.source.replaceAll('_', ' '));
      write(threads, model.threads ? `${model.threads} threads` : '');
      write(why, reason(model));
      list(fallbacks, chosen.fallbacks ?? []);
      const values = [model.variant, version(chosen), (chosen.device_class ?? '').replace(/\w+=/g, '')];
      facts.forEach(({ row, value }, i) => {
        write(value, values[i]?.replaceAll(',', ' · ') ?? '');
        show(row, !!values[i]);
      });
    },
  };
}

function reason({ source, chosen: { probability } }: ModelSnapshot): string {
  if (probability === undefined) return 'The page loaded the model by itself, and the library picked this.';
  const odds = probability < 1 ? `, with probability ${digits(probability)}` : '';
  return `${WHY[source]}${/config|good/.test(source) ? odds : ''}.`;
}

const version = ({ config_version }: Chosen): string => (config_version ? `version ${config_version}` : '');

/** Backends that were tried first, each with what kept it from starting. */
function list(place: HTMLElement, fallbacks: FallbackTaken[]): void {
  show(place, !!fallbacks.length);
  const lines = fallbacks.map(
    ({ backend, variant, error }) =>
      `${backend}${variant ? ` with ${variant}` : ''} did not start${error && error !== 'other' ? `: ${error}` : ''}`,
  );
  if (place.textContent !== lines.join(''))
    place.replaceChildren(...lines.map((line) => element('li', '', line)));
}
