import { expect, it, vi } from 'vitest';
import type { Adapter } from '../src/core/adapter.js';
import type { Engine } from '../src/generated/report.js';
import { FakeAdapter, fakeModel } from './fake_adapter.js';
import { adapter, host, monitor, start, useFakeHost } from './monitor_on_fake_host.js';

useFakeHost();

const items = () =>
  host.sent.flatMap(({ report }) => [
    ...(report.windows ?? []),
    ...(report.loads ?? []),
    ...(report.incidents ?? []),
  ]);
const versions = () =>
  items().map(({ model, engine_version, model_release }) => [model, engine_version, model_release]);

it('says with each window, load and incident of which versions it is', async () => {
  start({ modelReleases: { face: '2026-11' } });
  const load = async () => fakeModel('');
  const { model: face } = await monitor.load('face', { adapter, url: '/face.json', load });
  const { model: hands } = monitor.wrap('hands', fakeModel(''), { adapter });
  await monitor.flush();
  for (const model of [face, hands]) model.predict(1);
  adapter.lose('context_lost', adapter.current);
  await monitor.flush();
  await monitor.flush();
  expect(host.sent.flatMap(({ report }) => report.incidents ?? [])).toMatchObject([
    { kind: 'context_lost' },
    { kind: 'context_lost' },
  ]);
  expect(versions()).toContainEqual(['face', 'tfjs/1.0.0', '2026-11']);
  expect(versions()).toContainEqual(['hands', 'tfjs/1.0.0', undefined]);
  expect(versions().filter(([, engine]) => engine !== 'tfjs/1.0.0')).toEqual([]);
});

it('takes the version of the library that a model runs on, of two', async () => {
  class Other extends FakeAdapter {
    override readonly engine = 'onnxruntime' as Engine as never;
    override version = '1.30.0';
  }
  const other = new Other();
  start();
  const { model: face } = monitor.wrap('face', fakeModel(''), { adapter });
  const { model: voice, unwrap } = monitor.wrap('voice', fakeModel(''), { adapter: other as Adapter });
  await monitor.flush();
  face.predict(1);
  voice.predict(1);
  unwrap(); // its window closes when nobody knows its model any more
  await monitor.flush();
  const told = new Map(versions().map(([model, version]) => [model, version]));
  expect(told).toEqual(
    new Map([
      ['face', 'tfjs/1.0.0'],
      ['voice', 'onnxruntime/1.30.0'],
    ]),
  );
});

it.each(['', 'of today', '1'.repeat(33), undefined])(
  'leaves out a version that is none: %j',
  async (version) => {
    adapter.version = version as string;
    start();
    const { model } = monitor.wrap('face', fakeModel(''), { adapter });
    await monitor.flush();
    model.predict(1);
    await monitor.flush();
    expect(versions()).toEqual([['face', undefined, undefined]]);
  },
);

it('does not take what every object has for the release of a model', async () => {
  start({ modelReleases: {} });
  const { model } = monitor.wrap('constructor', fakeModel(''), { adapter });
  await monitor.flush();
  model.predict(1);
  await monitor.flush();
  expect(versions()).toEqual([['constructor', 'tfjs/1.0.0', undefined]]);
});

it('measures nothing with a release of a model that the collector would refuse, and says which', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  start({ modelReleases: { face: 'of yesterday' } });
  monitor.wrap('face', fakeModel(''), { adapter }).model.predict(1);
  await monitor.flush();
  expect(warn.mock.calls.flat().join('\n')).toContain('the release of "face" in modelReleases');
  expect(items()).toEqual([]);
  warn.mockRestore();
});
