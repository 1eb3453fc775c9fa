/** The panel's frame: a shadow root that the page's styles do not reach, a handle, and room for the sections. */

import { button, drawing, element, set } from './elements.js';
import { makeMovable } from './moving.js';
import { STYLE } from './style.js';

export interface Panel {
  /** Where the sections go. */
  body: HTMLElement;
  collapsed(): boolean;
  /** Shows all of it, or its handle only. */
  collapse(collapsed: boolean): void;
  /** Puts a sign on the handle, until it is opened. */
  alert(): void;
  remove(): void;
}

export interface PanelEvents {
  /** It was opened or closed to its handle. */
  toggled(): void;
  /** Its visitor is done with it. */
  dismissed(): void;
}

/** Whatever the page listens to on the way up, it does not hear of what happens in here. */
const PRIVATE = ['click', 'dblclick', 'keydown', 'keyup', 'pointerdown', 'pointerup', 'touchstart', 'wheel'];

export function createPanel({ toggled, dismissed }: PanelEvents): Panel {
  // Beside the body: `body > *` of the page is not about it, and it takes no room anywhere.
  const host = document.createElement('inferfleet-overlay');
  const shadow = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet(); // the one way to bring styles that no `style-src` forbids
  sheet.replaceSync(STYLE);
  shadow.adoptedStyleSheets = [sheet];

  const { node: logo, paths } = drawing('logo', 32, 32, 'ground', 'trace');
  paths[0]?.setAttribute('d', 'M8,0H24A8,8 0 0 1 32,8V24A8,8 0 0 1 24,32H8A8,8 0 0 1 0,24V8A8,8 0 0 1 8,0Z');
  paths[1]?.setAttribute('d', 'M6,20h5l3,-10 5,14 3,-8h4');
  const grip = button('grip', 'Inferfleet: drag, or move with the arrow keys', logo, 'Inferfleet');
  const toggle = button('sign', '');
  const close = button('sign close', 'Close');
  const header = element('header', '', grip, toggle, close);
  const body = element('div', 'body');
  body.tabIndex = 0; // so that the keyboard can scroll it
  const panel = element('div', 'panel', header, body);
  panel.setAttribute('role', 'region');
  panel.setAttribute('aria-label', 'Inferfleet, live view for developers');
  shadow.append(panel);

  let collapsed = false;
  const moving = makeMovable(panel, header, grip, () => collapsed && collapse(false));

  function collapse(now: boolean): void {
    collapsed = now;
    panel.classList.toggle('collapsed', now);
    panel.classList.remove('alert');
    const label = now ? 'Open' : 'Collapse';
    toggle.title = label;
    set(toggle, 'aria-label', label);
    set(toggle, 'aria-expanded', String(!now));
    moving.settle();
    toggled();
  }

  toggle.addEventListener('click', () => collapse(!collapsed));
  close.addEventListener('click', dismissed);
  panel.addEventListener('keydown', ({ key }) => key === 'Escape' && collapse(true));
  for (const event of PRIVATE) host.addEventListener(event, (each) => each.stopPropagation());
  const ended = new AbortController();
  addEventListener('resize', () => moving.settle(), ended);
  document.documentElement.append(host);

  return {
    body,
    collapsed: () => collapsed,
    collapse,
    alert: () => panel.classList.toggle('alert', collapsed),
    remove() {
      ended.abort();
      host.remove();
    },
  };
}
