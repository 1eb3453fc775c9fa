import type { Mark } from '../colours';
import { el } from '../dom';

export type Legend = { node: HTMLElement; show: (values: Map<string, string>) => void };

/** Names with their colour and a value that follows the cursor. Clicking one hides or shows its series. */
export function legend(
  names: string[],
  marks: Map<string, Mark>,
  onToggle?: (name: string, visible: boolean) => void,
): Legend {
  const values = new Map<string, HTMLElement>();
  const node = el('div', { class: 'legend' });
  for (const name of names) {
    const value = el('span', { class: 'legend-value' });
    const swatch = el('span', { class: 'swatch', style: { background: marks.get(name)?.colour ?? '' } });
    values.set(name, value);
    if (onToggle === undefined) {
      node.append(el('span', { class: 'legend-item' }, swatch, name || '(none)', value));
      continue;
    }
    const button = el(
      'button',
      {
        class: 'legend-item',
        attrs: { type: 'button', 'aria-pressed': 'true', title: 'Hide or show' },
        on: {
          click: () => {
            const visible = button.getAttribute('aria-pressed') !== 'true';
            button.setAttribute('aria-pressed', String(visible));
            onToggle(name, visible);
          },
        },
      },
      swatch,
      name || '(none)',
      value,
    );
    node.append(button);
  }
  return {
    node,
    show: (shown) => {
      for (const [name, value] of values) value.textContent = shown.get(name) ?? '';
    },
  };
}
