/** Which models a plan can steer, as the wire says it. */

import { expect, it } from 'vitest';
import { any, anyFunction } from '../src/any.js';
import { fakeModel } from './fake_adapter.js';
import {
  adapter,
  host,
  items,
  loadFace,
  monitor,
  serve,
  start,
  useFakeHost,
} from './monitor_on_fake_host.js';

useFakeHost();

/** What every item about a model says; undefined is the wire's default, true. */
async function told(): Promise<(boolean | undefined)[]> {
  await monitor.flush();
  await host.advance(100);
  const all = [...items('windows'), ...items('loads'), ...items('exposures'), ...items('incidents')];
  expect(all.length).toBeGreaterThan(1);
  return [...new Set(all.map(({ steerable }) => steerable))];
}

it('a model that `load` loaded can be steered, whoever chose its arm this time', async () => {
  start({ remoteConfig: true });
  serve({});
  const { model } = await loadFace({ override: { backend: 'wasm' } });
  model.predict(1);
  expect(await told()).toEqual([undefined]);
});

it('a model that the page only had watched cannot', async () => {
  start({ remoteConfig: true });
  monitor.wrap('face', fakeModel(''), { adapter }).model.predict(1);
  expect(await told()).toEqual([false]);
});

it('a function cannot', async () => {
  start({ remoteConfig: true });
  anyFunction(monitor, 'mood', (text: string) => text.length)('good');
  expect(await told()).toEqual([false]);
});

it('a model without a choice of backends can where there is one of variants', async () => {
  for (const [variants, steerable] of [
    [{ original: '/a' }, false],
    [{ original: '/a', small: '/b' }, undefined],
  ] as const) {
    host.sent.length = 0;
    start({ remoteConfig: true });
    serve({});
    const { model } = await loadFace({
      adapter: any({ backend: 'wasm' }),
      variants,
      load: async () => ({ run: (x: number) => x }),
    });
    (model as unknown as { run(x: number): number }).run(1);
    expect(await told()).toEqual([steerable]);
    monitor.close();
  }
});

it('no model of a page without remote config can', async () => {
  start({ remoteConfig: false });
  const { model } = await loadFace();
  model.predict(1);
  expect(await told()).toEqual([false]);
});
