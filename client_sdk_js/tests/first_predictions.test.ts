import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ConfigDocument } from '../src/generated/config.js';
import { createMonitor, type LostModel, type Monitor } from '../src/index.js';
import { FakeAdapter, fakeModel } from './fake_adapter.js';
import { accepted, FakeHost } from './fake_host.js';

let host: FakeHost;
let adapter: FakeAdapter;
let monitor: Monitor;
let lost: LostModel[];
let incidents: string[];

beforeEach(() => {
  host = new FakeHost();
  host.answer = (url) =>
    url.includes('/v1/config/')
      ? Response.json({
          document: JSON.stringify({
            app: 'lab',
            version: 3,
            device_class: '*',
            issued_at: 0,
            expires_at: 9e15,
            models: { face: { arms: [{ backend: 'webgpu', probability: 1 }], fallbacks: ['wasm-simd'] } },
          } satisfies ConfigDocument),
        })
      : accepted();
});
afterEach(() => monitor.close());

/** A page life: loads the model, and says how its first predictions end. */
async function visit(name: string, ...ends: ('fails' | 'works')[]) {
  adapter = new FakeAdapter();
  monitor = createMonitor({ app: 'lab', endpoint: '', host });
  [lost, incidents] = [[], []];
  monitor.on('lost', (event) => lost.push(event));
  monitor.on('incident', ({ kind, model, backend }) => incidents.push(`${kind} ${model} ${backend}`));
  const loaded = await monitor.load(name, {
    adapter,
    url: '/f.json',
    load: async (url) => fakeModel(url),
  });
  await host.advance(1);
  for (const end of ends) {
    const [observer] = adapter.observers;
    const prediction = observer?.begin();
    if (!prediction) throw new Error('nothing is measured');
    if (end === 'works') observer?.ready(prediction, 'return');
    else observer?.failed(prediction, new TypeError("reading 'activeTexture'"));
  }
  await host.advance(1);
  return loaded;
}

it('a backend on which the first three predictions fail is given up, now and on the next visit', async () => {
  const loaded = await visit('face', 'fails', 'fails', 'fails', 'fails');
  expect(loaded).toMatchObject({ source: 'config', backend: 'webgpu' });
  expect(lost).toMatchObject([{ kind: 'failed', model: 'face', backend: 'webgpu' }]);
  expect(incidents.filter((each) => each.startsWith('fallback'))).toEqual(['fallback face webgpu']);
  const again = lost[0]?.reload?.();
  await host.advance(1);
  expect(await again).toMatchObject({ source: 'fallback', backend: 'wasm-simd' });
  monitor.close();
  expect(await visit('face')).toMatchObject({ source: 'fallback', backend: 'wasm-simd' });
});

it.each<[string, string, ('fails' | 'works')[]]>([
  ['works once', 'face', ['fails', 'works', 'fails', 'fails', 'fails']],
  ['fails twice', 'face', ['fails', 'fails']],
  ['is none that a plan chose', 'hand', ['fails', 'fails', 'fails', 'fails']],
])('a backend that %s is kept', async (_, name, ends) => {
  await visit(name, ...ends);
  expect(lost).toEqual([]);
  expect(incidents.filter((each) => each.startsWith('fallback'))).toEqual([]);
});
