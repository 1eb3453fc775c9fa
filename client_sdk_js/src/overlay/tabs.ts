/** Which of several models is shown. One model needs no choice, and has none. */

import type { ModelSnapshot } from '../core/snapshot.js';
import { element, set, show, write } from './elements.js';
import { keyOf } from './history.js';

export interface Tabs {
  node: HTMLElement;
  /** The model that is shown; the first one when the selected one is gone. */
  select(models: ModelSnapshot[]): ModelSnapshot | undefined;
}

/** `changed` is called after another one was selected. */
export function modelTabs(changed: () => void): Tabs {
  const node = element('div', 'tabs');
  node.setAttribute('role', 'tablist');
  node.setAttribute('aria-label', 'Model');
  const tabs: HTMLButtonElement[] = [];
  let keys: string[] = [];
  let selected: string | undefined;

  function pick(at: number): void {
    selected = keys[at];
    changed();
    tabs[at]?.focus();
  }

  node.addEventListener('keydown', (event) => {
    const at = keys.indexOf(selected ?? '');
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: keys.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    pick((to + keys.length) % keys.length);
  });

  function tabAt(at: number): HTMLButtonElement {
    const known = tabs[at];
    if (known) return known;
    const made = element('button', 'tab');
    made.type = 'button';
    made.setAttribute('role', 'tab');
    made.addEventListener('click', () => pick(at));
    tabs.push(made);
    node.append(made);
    return made;
  }

  return {
    node,
    select(all) {
      // A page that loads a model anew for each task would get a tab for each: the last stands for all that are alike.
      const models = [...new Map(all.map((each) => [keyOf(each), each])).values()];
      keys = models.map(keyOf);
      if (selected === undefined || !keys.includes(selected)) selected = keys[0];
      show(node, models.length > 1);
      models.forEach(({ model, variant }, at) => {
        const tab = tabAt(at);
        const alone = models.filter((each) => each.model === model).length === 1;
        write(tab, alone ? model : `${model} · ${variant}`);
        set(tab, 'aria-selected', String(keys[at] === selected));
        tab.tabIndex = keys[at] === selected ? 0 : -1;
      });
      for (const tab of tabs.splice(models.length)) tab.remove();
      return models[keys.indexOf(selected ?? '')];
    },
  };
}
