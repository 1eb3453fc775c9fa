/** Elements made by the DOM's own calls: no markup is parsed, no style attribute written, so any CSP allows it. */

const SVG = 'http://www.w3.org/2000/svg';

/** An HTML element with its class and children; an empty class is left out. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  className = '',
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

/** A button that says what it does to those who do not see its sign. */
export function button(className: string, label: string, ...children: (Node | string)[]): HTMLButtonElement {
  const made = element('button', className, ...children);
  made.type = 'button';
  made.title = label;
  made.setAttribute('aria-label', label);
  return made;
}

/** A drawing of `width` x `height` units with one path for each class. */
export function drawing(
  className: string,
  width: number,
  height: number,
  ...classes: string[]
): { node: SVGSVGElement; paths: SVGPathElement[] } {
  const node = document.createElementNS(SVG, 'svg');
  node.setAttribute('class', className);
  node.setAttribute('viewBox', `0 0 ${width} ${height}`);
  node.setAttribute('preserveAspectRatio', 'none');
  node.setAttribute('aria-hidden', 'true');
  const paths = classes.map((each) => {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('class', each);
    return path;
  });
  node.append(...paths);
  return { node, paths };
}

/** Writes a text, if it is another one: what has not changed is not laid out again. */
export function write(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** Sets an attribute, if it is another one. */
export function set(node: Element, name: string, value: string): void {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** Shows or hides. */
export function show(node: HTMLElement, shown: boolean): void {
  if (node.hidden === shown) node.hidden = !shown;
}
