import { beforeEach, expect, it } from 'vitest';
import type { LoadOptions } from '../src/core/options.js';
import type { Loaded, Page } from '../src/core/page.js';
import { dispose } from '../src/later/loading.js';
import { safeLoad } from '../src/later/safe_load.js';
import type { Steering } from '../src/later/steering.js';
import { FakeAdapter } from './fake_adapter.js';
import { FakeHost } from './fake_host.js';

/** What the page's `load` gives. */
interface Model {
  from: string;
}

let host: FakeHost;
let faults: string[];
let asked: string[];

beforeEach(() => {
  host = new FakeHost();
  faults = [];
  asked = [];
});

const options = (load: LoadOptions<Model>['load']): LoadOptions<Model> => ({
  adapter: new FakeAdapter(),
  url: '/plain.json',
  load: async (url) => {
    asked.push(url);
    return load(url);
  },
});

const start = (steered: Steering['_load'], load: LoadOptions<Model>['load']): Promise<Loaded<Model>> => {
  const page = {
    host,
    fault: (error: Error) => faults.push(error.name),
    _loadPlainly: async <M extends object>({ url = '', load }: LoadOptions<M>) => ({
      model: await load(url),
      variant: 'original',
      source: 'default' as const,
    }),
  };
  return safeLoad(page as unknown as Page, { _load: steered } as Steering)('face', options(load));
};

const hangs: Steering['_load'] = () => new Promise<never>(() => undefined);
const gives = async (url: string): Promise<Model> => ({ from: url });

it('loads as the page would have done when a step of ours hangs, and says so', async () => {
  const loading = start(hangs, gives);
  await host.advance(179_000);
  expect(asked).toEqual([]);
  await host.advance(2_000);
  expect((await loading).model).toEqual({ from: '/plain.json' });
  expect(faults).toEqual(['TimeoutError']);
});

it('waits for the page’s own load as long as that takes', async () => {
  let arrive: (model: Model) => void = () => undefined;
  const slow = new Promise<Model>((resolve) => {
    arrive = resolve;
  });
  const loading = start(
    async (_, { load }) => ({ model: await load('/variant.json'), variant: 'int8', source: 'config' }),
    () => slow,
  );
  await host.advance(3_600_000);
  arrive({ from: 'afar' });
  expect(await loading).toMatchObject({ model: { from: 'afar' }, variant: 'int8' });
  expect(asked).toEqual(['/variant.json']);
  expect(faults).toEqual([]);
});

it('hands over the model that the page’s load gave before a step of ours hung, and loads no other', async () => {
  let goOn: () => void = () => undefined;
  const loading = start(async (name, { load, ...others }) => {
    await load('/variant.json');
    await new Promise<void>((resolve) => {
      goOn = resolve;
    });
    return hangs(name, { load, ...others });
  }, gives);
  await host.advance(400_000);
  expect((await loading).model).toEqual({ from: '/variant.json' });
  goOn();
  await host.advance(1);
  expect(asked).toEqual(['/variant.json']);
});

it('loads nothing for a step of ours that wakes up too late', async () => {
  let goOn: () => void = () => undefined;
  const woken = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const loading = start(async (_, { load }) => {
    await woken;
    return { model: await load('/variant.json'), variant: 'int8', source: 'config' };
  }, gives);
  await host.advance(181_000);
  expect((await loading).model).toEqual({ from: '/plain.json' });
  goOn();
  await host.advance(1);
  expect(asked).toEqual(['/plain.json']);
});

it('throws what the page’s own load threw, and asks it no second time', async () => {
  const loading = start(
    async (_, { load }) => ({ model: await load('/gone.json'), variant: 'int8', source: 'config' }),
    async () => {
      throw new RangeError('404');
    },
  );
  await expect(loading).rejects.toThrow(new RangeError('404'));
  expect(asked).toEqual(['/gone.json']);
  expect(faults).toEqual([]);
});

it('hands over a model that it made before a step of ours broke, and none that a race let go of', async () => {
  const broken: Steering['_load'] = async (_, { load }) => {
    await load('/kept.json', 'wasm');
    await dispose(await load('/raced.json', 'cpu'));
    throw new RangeError('ours');
  };
  const loaded = await start(broken, gives);
  expect(loaded.model).toEqual({ from: '/kept.json' });
  expect(asked).toEqual(['/kept.json', '/raced.json']);
  expect(faults).toEqual(['RangeError']);
});
