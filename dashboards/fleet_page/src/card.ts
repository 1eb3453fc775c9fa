import { Refused } from './api';
import { el, svg } from './dom';
import { type Chart, drawPanel } from './draw';
import { groupsOf } from './draw/scatter';
import { dataTable } from './draw/table';
import { emptyPanel } from './empty';
import { describeClass } from './format';
import type { Answer, Panel, Place } from './types';

/** One panel on the page. Keeps its last answer, so that a failed refresh leaves the picture standing. */
export class Card {
  readonly node: HTMLElement;
  private readonly body: HTMLElement;
  private readonly notice = el('p', { class: 'notice', attrs: { role: 'status' } });
  private readonly about: HTMLElement;
  private chart: Chart = {};
  private answer: Answer | null = null;
  private value: string;
  private asData = false;
  private readonly groups = el('select', {
    class: 'group',
    attrs: { 'aria-label': 'Device class', hidden: '' },
    on: {
      change: () => {
        this.value = this.groups.value;
        this.redraw();
      },
    },
  });

  constructor(
    readonly panel: Panel,
    place: Place,
  ) {
    const { draw } = panel;
    this.value = draw.kind === 'timeseries' ? draw.shown : '';
    this.body = el('div', { class: 'card-body' }, el('p', { class: 'empty' }, 'Loading…'));
    this.about = el(
      'div',
      { class: 'about', attrs: { hidden: '' } },
      el('p', {}, panel.reading),
      el('details', {}, el('summary', {}, 'SQL'), el('pre', {}, panel.sql)),
    );
    this.node = el(
      'article',
      {
        class: `card ${draw.kind}`,
        attrs: { id: `panel-${panel.id}`, 'aria-label': panel.title, 'data-panel': panel.id },
        style: { '--width': String(place.width), '--height': String(place.height) },
      },
      el(
        'div',
        { class: 'card-head' },
        el(
          'div',
          { class: 'card-title' },
          el('h3', {}, panel.title),
          el('p', { class: 'question' }, panel.question),
        ),
        el('div', { class: 'card-tools' }, ...this.tools()),
      ),
      this.about,
      this.notice,
      this.body,
    );
    new ResizeObserver(() => this.chart.resize?.()).observe(this.body);
  }

  show(answer: Answer): void {
    this.notice.replaceChildren();
    // What a keyboard is in is not taken away for an answer that says the same.
    const same = JSON.stringify(answer.columns) === JSON.stringify(this.answer?.columns);
    this.answer = answer;
    this.node.dataset.state = answer.rows > 0 ? 'drawn' : 'empty';
    if (same && this.panel.draw.kind === 'scatter') return;
    this.redraw();
  }

  fail(error: unknown): void {
    const refused =
      error instanceof Refused ? error : new Refused('This panel cannot be drawn', String(error), 0);
    this.node.dataset.state = 'failed';
    this.notice.replaceChildren(el('strong', {}, refused.title), ` ${refused.detail}`);
    if (this.answer === null) this.body.replaceChildren();
  }

  redraw(): void {
    if (this.answer === null) return;
    const opened = new Set(
      [...this.body.querySelectorAll('details[open][data-key]')].map((node) => node.getAttribute('data-key')),
    );
    this.chart.destroy?.();
    this.chart = {};
    this.body.replaceChildren();
    const { panel, answer, body } = this;
    // An answer without rows has no columns either.
    if (panel.draw.kind === 'scatter')
      this.offerGroups(answer.rows === 0 ? [] : groupsOf({ answer }, panel.draw));
    const { value } = this;
    if (answer.rows === 0) body.append(emptyPanel(panel.id));
    else if (this.asData) body.append(dataTable(panel, answer));
    else this.chart = drawPanel({ panel, answer, body, value });
    for (const node of body.querySelectorAll('details[data-key]')) {
      if (opened.has(node.getAttribute('data-key'))) node.setAttribute('open', '');
    }
  }

  private tools(): HTMLElement[] {
    const { draw } = this.panel;
    const tools: HTMLElement[] = [];
    if (draw.kind === 'scatter') tools.push(this.groups);
    if (draw.kind === 'timeseries' && draw.values.length > 1) tools.push(this.valueSwitch(draw.values));
    if (draw.kind !== 'table' && draw.kind !== 'stat') {
      const data = toggle('Data', 'Show the figures as a table', (pressed) => {
        this.asData = pressed;
        this.redraw();
      });
      tools.push(data);
    }
    const label = draw.kind === 'stat' ? infoIcon() : 'About';
    tools.push(
      toggle(label, `How ${this.panel.title} is made, and its SQL`, (pressed) => {
        this.about.toggleAttribute('hidden', !pressed);
      }),
    );
    return tools;
  }

  /** The groups that can be looked at; the chosen one stays as long as there is such a group. */
  private offerGroups(names: string[]): void {
    if (!names.includes(this.value)) this.value = names[0] ?? '';
    this.groups.toggleAttribute('hidden', names.length < 2);
    if (JSON.stringify([...this.groups.options].map(({ value }) => value)) === JSON.stringify(names)) return;
    this.groups.replaceChildren(
      ...names.map((name) => el('option', { attrs: { value: name } }, describeClass(name))),
    );
    this.groups.value = this.value;
  }

  private valueSwitch(values: string[]): HTMLElement {
    const buttons = values.map((name) =>
      el(
        'button',
        {
          class: 'segment',
          attrs: { type: 'button', 'aria-pressed': String(name === this.value) },
          on: {
            click: () => {
              this.value = name;
              for (const button of buttons)
                button.setAttribute('aria-pressed', String(button.textContent === name));
              this.redraw();
            },
          },
        },
        name,
      ),
    );
    return el('div', { class: 'segments', attrs: { role: 'group', 'aria-label': 'Quantile' } }, ...buttons);
  }
}

function toggle(label: string | Node, title: string, onChange: (pressed: boolean) => void): HTMLElement {
  const button = el(
    'button',
    { class: 'tool', title, attrs: { type: 'button', 'aria-pressed': 'false' } },
    label,
  );
  button.setAttribute('aria-label', title);
  button.addEventListener('click', () => {
    const pressed = button.getAttribute('aria-pressed') !== 'true';
    button.setAttribute('aria-pressed', String(pressed));
    onChange(pressed);
  });
  return button;
}

function infoIcon(): SVGElement {
  return svg(
    'svg',
    { viewBox: '0 0 16 16', width: 14, height: 14, class: 'icon', 'aria-hidden': 'true' },
    svg('circle', { cx: 8, cy: 8, r: 6.3 }),
    svg('path', { d: 'M8 7.2v4M8 4.6v.6' }),
  );
}
