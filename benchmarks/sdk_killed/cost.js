// What the breadcrumb costs a page's thread: all that the SDK asks of storage and locks for it, over many loads of a model
// that costs nothing itself, so that the median is one of a thread that nobody else held up.
import { createMonitor } from 'inferfleet';
import { any } from 'inferfleet/any';

const LOADS = 400;
const PREDICTIONS = 10_000;

const cost = { ms: 0, writes: 0 };
function timed(owner, name, of = /inferfleet:(crumb|deaths)/) {
  const call = owner[name];
  owner[name] = function (...args) {
    const began = performance.now();
    try {
      return call.apply(this, args);
    } finally {
      if (of.test(args[0])) {
        cost.ms += performance.now() - began;
        if (name === 'setItem') cost.writes++;
      }
    }
  };
}
for (const name of ['getItem', 'setItem', 'removeItem']) timed(Storage.prototype, name);
timed(Storage.prototype, 'key', /^/);
timed(LockManager.prototype, 'query', /^/);
timed(LockManager.prototype, 'request');

const monitor = createMonitor({
  app: 'bench',
  key: 'bench-key',
  endpoint: location.origin,
  release: 'cost',
  globalPrivacyControl: 'ignore',
});
const adapter = any({ backend: 'cpu' });

async function load() {
  const before = { ...cost };
  const watched = await monitor.load('sum', { adapter, load: async () => ({ run: (x) => x + 1 }) });
  watched.model.run(1);
  watched.model.run(2);
  return { watched, ms: cost.ms - before.ms, writes: cost.writes - before.writes };
}

const loads = [];
for (let i = 0; i < LOADS; i++) {
  const { watched, ...figures } = await load();
  loads.push(figures);
  watched.unwrap();
}
const { watched } = await load();
const before = cost.writes;
for (let i = 0; i < PREDICTIONS; i++) watched.model.run(i);
const sorted = loads.map(({ ms }) => ms).sort((a, b) => a - b);
const figures = {
  load_ms: sorted[LOADS >> 1].toFixed(4),
  first_load_ms: loads[0].ms.toFixed(4),
  writes_a_load: loads[LOADS >> 1].writes,
  writes: cost.writes - before,
};
await fetch(`/cost?${new URLSearchParams(figures)}`);
