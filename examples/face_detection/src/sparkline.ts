const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 600;
const HEIGHT = 96;

/** Draws values from 0 up to their greatest, oldest on the left, over the whole width. */
export function drawSparkline(chart: Element, values: number[]): void {
  if (values.length < 2) {
    chart.replaceChildren();
    return;
  }
  const greatest = Math.max(...values);
  const points = values.map((value, index) => {
    const x = (index / (values.length - 1)) * WIDTH;
    const y = HEIGHT - (value / greatest) * (HEIGHT - 6);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  const trace = `M${points.join('L')}`;
  chart.replaceChildren(path('area', `${trace}V${HEIGHT}H0Z`), path('line', trace));
}

function path(name: string, trace: string): SVGElement {
  const made = document.createElementNS(SVG, 'path');
  made.setAttribute('class', name);
  made.setAttribute('d', trace);
  return made;
}
