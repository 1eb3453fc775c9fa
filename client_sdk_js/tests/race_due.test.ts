/** On whose device there is a race, when, and for how long its winner is remembered. */

import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { MonitorOptions } from '../src/index.js';
import { stableHash } from '../src/later/plan.js';
import { chrome, RacePage } from './race_page.js';

const DAY_MS = 24 * 3600 * 1000;

/** Made by tests/vectors/make_draw.py; the simulated fleet reproduces them too. */
const vectors = JSON.parse(
  readFileSync(new URL('../../tests/vectors/draw.json', import.meta.url), 'utf8'),
) as { races: { install: string; app: string; model: string; at: number }[] };

let page: RacePage;

beforeEach(() => {
  page = new RacePage();
});
afterEach(() => {
  page.monitor.close();
  vi.unstubAllGlobals();
});

/** Loads, and says who chose what; `raced` if there was a race for it. */
async function visit(...how: Parameters<RacePage['load']>): Promise<string> {
  const { length: before } = page.races;
  const { source, backend } = await page.load(...how);
  return `${source} ${backend}${page.races.length > before ? ', raced' : ''}`;
}
const RACED = 'race wasm-simd, raced';
const REMEMBERED = 'race wasm-simd';
const AS_PLANNED = 'config webgl';

describe('the winner', () => {
  const next = (options: Partial<MonitorOptions> = {}) => {
    page.open(options);
    return visit();
  };

  beforeEach(async () => {
    expect(await next({ release: '1.0.0' })).toBe(RACED);
  });

  it('is remembered: the next visit starts on it at once, and only it', async () => {
    expect(await next({ release: '1.0.0' })).toBe(REMEMBERED);
    expect(page.loaded).toEqual(['wasm-simd']);
    expect(page.exposed).toEqual(['race wasm-simd']);
  });

  it('is remembered in a page life, too, without another race', async () => {
    expect(await visit()).toBe(REMEMBERED);
  });

  it('is remembered when the plan has no race any more, as long as it allows what won', async () => {
    page.plan = { fallbacks: ['wasm-simd'] };
    expect(await next({ release: '1.0.0' })).toBe(REMEMBERED);
    page.plan = { fallbacks: ['cpu'] };
    expect(await next({ release: '1.0.0' })).toBe(AS_PLANNED);
  });

  it('holds for a week', async () => {
    page.host.time += 6 * DAY_MS;
    expect(await next({ release: '1.0.0' })).toBe(REMEMBERED);
    page.host.time += 1.1 * DAY_MS;
    expect(await next({ release: '1.0.0' })).toBe(RACED);
  });

  it('of one release is not that of another one', async () => {
    expect(await next({ release: '1.0.1' })).toBe(RACED);
  });

  it('of one browser version is not that of another one', async () => {
    vi.stubGlobal('navigator', { userAgent: chrome(121) });
    expect(await next({ release: '1.0.0' })).toBe(RACED);
  });

  it('of one version of the library is not that of another one', async () => {
    page.adapter.version = '1.0.1';
    expect(await next({ release: '1.0.0' })).toBe(RACED);
  });

  it('of one library is not that of another one', async () => {
    page.open({ release: '1.0.0' });
    Object.assign(page.adapter, { engine: 'onnxruntime' });
    expect(await visit()).toBe(RACED);
  });

  it('that does not start any more is forgotten', async () => {
    page.adapter.startable.delete('wasm-simd');
    expect(await next({ release: '1.0.0' })).toBe('fallback webgl');
    expect(await next({ release: '1.0.0' })).toBe('race webgpu, raced');
  });

  it('that was lost is forgotten', async () => {
    page.adapter.lose('device_lost', 'wasm-simd');
    await page.host.advance(1);
    expect(page.host.kept.get('inferfleet:race:lab')).not.toContain('wasm-simd');
  });

  it('is not gone by where the page forbids races, forces a backend or steers nothing', async () => {
    page.open({ race: false, release: '1.0.0' });
    expect(await visit()).toBe(AS_PLANNED);
    page.open({ release: '1.0.0' });
    expect(await visit({ race: false })).toBe(AS_PLANNED);
    page.open({ release: '1.0.0' });
    expect(await visit({ override: { backend: 'cpu' } })).toBe('override cpu');
  });

  it('is forgotten with consent', async () => {
    page.monitor.consent(false);
    await page.host.advance(1);
    expect([...page.host.kept]).toEqual([]);
  });

  it('may be nonsense in storage: then there is a race', async () => {
    for (const kept of ['[]', '{"face":7}', '{"face":{"until":9e99}}', 'null', '"x"']) {
      page.host.kept.set('inferfleet:race:lab', kept);
      expect(await next({ release: '1.0.0' })).toBe(RACED);
    }
  });
});

describe('a race without a winner', () => {
  it('is not run again on every visit', async () => {
    page.race(1, ['webgl', 'wasm-simd'], 50);
    page.firstMs = { webgl: 100 };
    page.open();
    expect(await visit()).toBe(`${AS_PLANNED}, raced`);
    page.open();
    expect(await visit()).toBe(AS_PLANNED);
  });

  it('that the plan drew does not keep the page from one by hand', async () => {
    page.race(1, ['webgl', 'wasm-simd'], 50);
    page.firstMs = { webgl: 100 };
    page.open();
    expect(await visit()).toBe(`${AS_PLANNED}, raced`);
    page.open();
    expect(await visit({}, 'race')).toBe(`${AS_PLANNED}, raced`);
    page.open();
    expect(await visit({}, 'race')).toBe(AS_PLANNED);
  });
});

describe('a library whose backend the page alone decides', () => {
  const open = () => {
    page.open();
    const { adapter } = page;
    Object.assign(adapter, { perModel: true, fixed: true, current: 'wasm-simd' });
    adapter.start = async (backend) => adapter.current.startsWith(backend);
  };

  it('has no backends to race', async () => {
    open();
    await visit();
    expect(page.races).toEqual([]);
    expect(page.predicted).toEqual([]);
  });

  it('may have variants to race', async () => {
    const way = { backend: 'wasm-simd' as const };
    page.plan.race = { share: 1, arms: [way, { ...way, variant: 'float16' }, { backend: 'webgl' }] };
    open();
    await page.load({ variants: { original: '/face.json', float16: '/face16.json' } });
    expect(page.outcomes).toEqual(['wasm-simd measured', 'wasm-simd measured']);
  });
});

describe('the plan', () => {
  it('draws as many installs as it says, whatever arm they draw', async () => {
    const install = (i: number) => `an-install-number-${i}`;
    const raced: number[] = [];
    for (let i = 0; i < 40; i++) {
      page = new RacePage();
      page.host.kept.set('inferfleet:install', JSON.stringify(install(i)));
      page.race(0.3);
      page.open();
      if ((await visit()) === RACED) raced.push(i);
      page.monitor.close();
    }
    const drawn = Array.from({ length: 40 }, (_, i) => i).filter(
      (i) => stableHash(`${install(i)} lab face race`) < 0.3,
    );
    expect(raced).toEqual(drawn);
    expect(raced.length).toBeGreaterThan(4);
    const arm = (i: number) => stableHash(`${install(i)} lab face`);
    expect(raced.some((i) => arm(i) > 0.3)).toBe(true);
  });

  it.each(vectors.races)('draws $install of $app for $model at $at', async ({ install, app, model, at }) => {
    expect([app, model]).toEqual(['lab', 'face']); // those of this page
    page.host.kept.set('inferfleet:install', JSON.stringify(install));
    page.race(at); // those below it
    page.open();
    expect(await visit()).toBe(AS_PLANNED);
    page.race(at + 2 ** -32);
    page.open();
    expect(await visit()).toBe(RACED);
  });

  it.each([
    ['without a race', null],
    ['for nobody', { share: 0, arms: [{ backend: 'cpu' }, { backend: 'webgl' }] }],
    ['of one arm', { share: 1, arms: [{ backend: 'cpu' }] }],
    ['of too many arms', { share: 1, arms: Array(9).fill({ backend: 'cpu' }) }],
    ['of too large a share', { share: 2, arms: [{ backend: 'cpu' }, { backend: 'webgl' }] }],
    ['of an endless budget', { share: 1, budget_ms: 1e6, arms: [{ backend: 'cpu' }, { backend: 'webgl' }] }],
    ['of backends that nobody knows', { share: 1, arms: [{ backend: 'npu' }, { backend: 'webgl' }] }],
    ['of one backend twice', { share: 1, arms: [{ backend: 'wasm' }, { backend: 'wasm-simd' }] }],
  ])('%s races nothing, and is gone by all the same', async (_, race) => {
    page.plan.race = race as never;
    page.open();
    expect(await visit()).toBe(AS_PLANNED);
  });

  it('races no backend that the page does not allow, and none that was set aside', async () => {
    page.open({ backends: ['cpu', 'wasm-simd', 'webgl'] });
    await page.load();
    expect(page.outcomes.map((each) => each.split(' ')[0])).toEqual(['wasm-simd', 'webgl', 'cpu']);
    page.host.kept.delete('inferfleet:race:lab');
    const until = { 'face wasm-simd': page.host.epoch() + DAY_MS };
    page.host.kept.set('inferfleet:aside:lab', JSON.stringify({ version: 1, until }));
    page.open();
    await page.load();
    expect(page.outcomes.map((each) => each.split(' ')[0])).toEqual(['webgl', 'webgpu', 'cpu']);
  });
});

describe('there is no race', () => {
  afterEach(() => expect(page.races).toEqual([]));

  it.each<[string, Partial<MonitorOptions>]>([
    ['where the app forbids it', { race: false }],
    ['where nothing is reported of it', { sampleRate: 0 }],
  ])('%s', async (_, options) => {
    page.open(options);
    expect(await visit()).toBe(AS_PLANNED);
  });

  it('without consent', async () => {
    page.open({ consent: false });
    expect(await visit()).toBe('default other');
    expect(page.predicted).toEqual([]);
  });

  it('for a model that the app leaves out, or that has no reference input', async () => {
    page.open();
    expect(await visit({ race: false })).toBe(AS_PLANNED);
    expect(await visit({ check: {} }, 'load', 'hand')).toBe(AS_PLANNED);
  });

  it.each<[string, object]>([
    ['saves data', { connection: { saveData: true } }],
    ['has little memory', { deviceMemory: 2 }],
    ['has a low battery', { getBattery: async () => ({ charging: false, level: 0.15 }) }],
  ])('on a device that %s', async (_, facts) => {
    vi.stubGlobal('navigator', { userAgent: chrome(120), ...facts });
    page.open();
    expect(await visit()).toBe(AS_PLANNED);
    expect(page.predicted).toEqual([]);
    expect(page.loaded).toEqual(['webgl']);
  });

  it.each([
    ['hidden', 'isHidden'],
    ['prerendered', 'isPrerendering'],
  ] as const)('in a page that is %s', async (_, state) => {
    page.host.isHidden = true; // as the browser's own tells of both
    page.host[state] = true;
    page.open();
    expect(await visit()).toBe(AS_PLANNED);
  });

  it('where no winner could be remembered', async () => {
    const denied = () => {
      throw new DOMException('', 'SecurityError');
    };
    page.host.storage = { getItem: denied, setItem: denied, removeItem: denied };
    page.open();
    expect(await visit()).toBe(AS_PLANNED);
  });

  it('where the page uses the library already, watched or not', async () => {
    page.open();
    page.monitor.wrap('other', { predict: () => 1 }, { adapter: page.adapter });
    expect(await visit()).toBe(AS_PLANNED);
    page.open();
    Object.assign(page.adapter, { current: 'webgl', tensors: 30 });
    expect(await visit()).toBe(AS_PLANNED);
  });

  it('while the kill switch is on', async () => {
    page.open();
    const { answer } = page.host;
    page.host.answer = async (...asked) => {
      const { document } = (await (await answer(...asked)).json()) as { document: string };
      return Response.json({ document: JSON.stringify({ ...JSON.parse(document), enabled: false }) });
    };
    expect(await visit()).toBe('default webgl');
    page.open();
  });
});

describe('a device that could race', () => {
  it.each<[string, object]>([
    ['is charged', { getBattery: async () => ({ charging: true, level: 0.1 }) }],
    ['has a full battery', { getBattery: async () => ({ charging: false, level: 0.9 }) }],
    ['does not tell', { getBattery: () => Promise.reject(new DOMException('', 'NotAllowedError')) }],
    ['never tells', { getBattery: () => new Promise(() => undefined) }],
    ['has memory enough', { deviceMemory: 4, connection: { saveData: false } }],
  ])('because it %s does', async (_, facts) => {
    vi.stubGlobal('navigator', { userAgent: chrome(120), ...facts });
    page.open();
    expect(await visit()).toBe(RACED);
  });
});

describe('a race by hand', () => {
  it('is run whatever share the plan draws', async () => {
    page.race(0);
    page.open();
    expect(await visit({}, 'race')).toBe(RACED);
    expect(page.races).toMatchObject([{ asked: 'page' }]);
    page.open();
    expect(await visit()).toBe(REMEMBERED);
    page.open();
    expect(await visit({}, 'race')).toBe(REMEMBERED);
  });

  it('without a race in the plan is one of its arms and fallbacks', async () => {
    page.plan = { fallbacks: ['cpu', 'wasm-simd'] };
    page.open();
    expect(await visit({}, 'race')).toBe(RACED);
    expect(page.outcomes).toEqual(['webgl measured', 'cpu measured', 'wasm-simd measured']);
  });

  it('without a config is one of what the page can start', async () => {
    page.open({ remoteConfig: false });
    Object.assign(page.adapter, { offers: () => ['wasm', 'webgl', 'cpu'] });
    page.adapter.startable.add('wasm');
    page.warmMs = { wasm: 3, webgl: 6, cpu: 40 };
    expect(await visit({}, 'race')).toBe('race wasm, raced');
  });

  it('is a plain load where nothing can be raced, and says so in development', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    page.open({ dev: true });
    expect(await visit({ check: {} }, 'race')).toBe(AS_PLANNED);
    expect(warn.mock.calls.flat().join()).toContain('check.canary');
    warn.mockRestore();
    page.open({ race: false });
    expect(await visit({}, 'race')).toBe(AS_PLANNED);
    page.open({ consent: false });
    expect(await visit({}, 'race')).toBe('default other');
    expect(page.predicted).toEqual([]);
  });

  it('also leaves a device alone that is to be left alone', async () => {
    vi.stubGlobal('navigator', { userAgent: chrome(120), connection: { saveData: true } });
    page.open();
    expect(await visit({}, 'race')).toBe(AS_PLANNED);
  });

  it('is run for an app that reports nothing of this session, and not told', async () => {
    page.open({ sampleRate: 0 });
    expect(await visit({}, 'race')).toBe('race wasm-simd');
    expect(page.predicted.length).toBeGreaterThan(4);
  });
});

describe('two models at once', () => {
  it('of a library with one backend a page: one race, and the other model runs on what won', async () => {
    page.open();
    expect(await both([])).toEqual(['race wasm-simd', 'default wasm-simd']);
    expect(page.races.map(({ model }) => model)).toEqual(['face']);
    expect(page.alive.size).toBe(2);
  });

  it('of a library with a backend for each: one race after the other', async () => {
    page.open();
    Object.assign(page.adapter, { perModel: true });
    const order: string[] = [];
    expect(await both(order)).toEqual(['race wasm-simd', 'race wasm-simd']);
    expect(page.races.map(({ model }) => model)).toEqual(['face', 'hand']);
    expect(order.lastIndexOf('face')).toBeLessThan(order.indexOf('hand'));
  });

  /** Loads both, notes whose reference input is run, and says what each runs on. */
  async function both(order: string[]): Promise<string[]> {
    const load = (name: string) =>
      page.load(
        {
          check: {
            canary(model) {
              order.push(name);
              return page.run(model);
            },
          },
        },
        'load',
        name,
      );
    const models = await Promise.all([load('face'), load('hand')]);
    return models.map(({ source, backend }) => `${source} ${backend}`);
  }
});
