// A page life: `n` predictions of a model that costs nothing over `ms`, and then the end that the address asks for.
import { any } from '/sdk/any.js';
import { createMonitor } from '/sdk/index.js';

const asked = new URLSearchParams(location.search);
const id = asked.get('id');
const predictions = Number(asked.get('n'));
const ms = Number(asked.get('ms'));
const monitor = createMonitor({ app: 'bench', key: 'bench-key', endpoint: location.origin, release: id });
const adapter = any({ backend: 'cpu' });
const { model } = monitor.wrap('sum', { run: (x) => x + 1 }, { adapter });
const started = performance.now();
let made = 0;

function step() {
  const due = Math.min(predictions, Math.ceil((predictions * (performance.now() - started)) / ms));
  for (; made < due; made++) model.run(made);
  if (made < predictions) setTimeout(step, 20);
  else if (asked.get('end') === 'navigate') location.href = `/away?id=${id}&made=${made}`;
  else if (predictions) fetch(`/made?id=${id}&made=${made}`);
}

step();
