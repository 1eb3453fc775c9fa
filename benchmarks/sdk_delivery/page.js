// A page life: `n` predictions of a model that costs nothing, spread over `ms` or up to the moment `until`, and then
// the end that the address asks for. Whoever drives the browser may also end it from outside, when it said `made`.
import { any } from '/sdk/any.js';
import { createMonitor } from '/sdk/index.js';

const asked = new URLSearchParams(location.search);
const id = asked.get('id');
const end = asked.get('end');
const predictions = Number(asked.get('n'));
const ms = Math.max(1_000, asked.get('until') ? Number(asked.get('until')) - Date.now() : 0);
const monitor = createMonitor({ app: 'bench', key: 'bench-key', endpoint: location.origin, release: id });
const { model } = monitor.wrap('sum', { run: (x) => x + 1 }, { adapter: any({ backend: 'cpu' }) });
const started = performance.now();
let made = 0;

async function step() {
  const due = Math.min(predictions, Math.ceil((predictions * (performance.now() - started)) / ms));
  for (; made < due; made++) model.run(made);
  if (made < predictions) return setTimeout(step, 20);
  if (end === 'navigate') location.href = `/away?id=${id}&made=${made}`;
  else if (predictions) await fetch(`/made?id=${id}&made=${made}&ms=${ms}`);
  if (end === 'close') close();
}

step();
// The next life after a crash has nothing to do but to be there, and closes its window itself where it may.
if (end === 'later') setTimeout(close, Number(asked.get('stay')));
