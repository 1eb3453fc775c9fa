/** What a page is told of real failures, each once, and how it goes on elsewhere when it asks to. */

import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Canary, ConfigDocument } from '../../client_sdk_js/src/generated/config.js';
import type { Backend } from '../../client_sdk_js/src/generated/report.js';
import { launchChromium } from './chromium.js';
import { itemsOf, until } from './reports.js';
import { startWorld, type World } from './server.js';
import { openLab } from './visit.js';

type Tensor = import('@tensorflow/tfjs').Tensor;

let world: World;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let errors: string[];

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.close());
beforeEach(async () => {
  browser = await launchChromium(); // a browser of its own: a GPU process that died is not trusted again
  context = await browser.newContext();
  world.reports.length = 0;
});
afterEach(() => browser.close());

const plan = (backend: Backend, more: { canary?: Canary; fallbacks?: Backend[] } = {}) => ({
  document: JSON.stringify({
    app: 'lab',
    version: 4,
    device_class: '*',
    issued_at: 0,
    expires_at: 9e15,
    models: { mlp: { arms: [{ backend, probability: 1 }], fallbacks: ['wasm'], ...more } },
  } satisfies ConfigDocument),
});

interface Told {
  lost: string[];
  incidents: string[];
}

declare global {
  interface Window {
    told: Told;
    predict(): Promise<number | undefined>;
    reload?: () => Promise<string>;
  }
}

/** Loads a model whose every output is 64 times `weight`, and notes all that the page is told. */
async function loadMlp({ weight = 1, check = false as boolean | 'canary' } = {}): Promise<string> {
  ({ page, errors } = await openLab(context, world));
  return page.evaluate(
    async ({ weight, check }) => {
      const { tf, tfjs, monitor } = window.lab;
      const watching = monitor({ configBudgetMs: 10_000, hangMs: 1_500 });
      window.told = { lost: [], incidents: [] };
      watching.on('incident', ({ kind, backend }) => {
        if (kind !== 'software_backend') window.told.incidents.push(`${kind} ${backend}`);
      });
      const outputs = async (model: import('@tensorflow/tfjs').LayersModel) => {
        const x = tf.ones([32, 64]);
        const y = model.predict(x) as Tensor;
        const values = await y.data();
        tf.dispose([x, y]);
        return values;
      };
      type Mlp = import('@tensorflow/tfjs').Sequential;
      const use = ({ model, source, backend }: { model: Mlp; source: string; backend: string }) => {
        window.predict = async () => (await outputs(model))[0];
        return `${source} ${backend}`;
      };
      watching.on('lost', ({ kind, backend, reload }) => {
        window.told.lost.push(`${kind} ${backend}`);
        if (reload) window.reload = async () => use(await reload<Mlp>());
      });
      return use(
        await watching.load('mlp', {
          adapter: tfjs(tf),
          load: async () => {
            const kernelInitializer = tf.initializers.constant({ value: weight });
            return tf.sequential({
              layers: [tf.layers.dense({ units: 64, inputShape: [64], kernelInitializer })],
            });
          },
          ...(check && {
            check: {
              every: 1,
              constant: true,
              ...(check === 'canary' && {
                canaryMs: 60_000,
                canary: async (model: Mlp) => (await outputs(model)).slice(0, 4),
              }),
            },
          }),
        }),
      );
    },
    { weight, check },
  );
}

const told = () => page.evaluate(() => window.told);
const predict = () => page.evaluate(() => window.predict());
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What the page was told, and what arrived, after it went on by `reload`. */
async function reloaded(expected: { lost: string; onto: string }): Promise<void> {
  expect(await page.evaluate(() => window.reload?.())).toBe(`fallback ${expected.onto}`);
  for (let i = 0; i < 3; i++) expect(await predict()).toBe(64);
  await pause(2_500); // nothing of the old one comes late
  expect(await told()).toEqual({ lost: [expected.lost], incidents: [expected.lost] });
  await page.goto('about:blank');
  await until('the exposure', () => itemsOf(world, 'exposures').some(({ source }) => source === 'fallback'));
  await until('the load', () => itemsOf(world, 'loads').length > 1);
  expect(itemsOf(world, 'loads').map(({ backend }) => backend)).toEqual([
    expected.lost.split(' ')[1],
    expected.onto,
  ]);
  const kinds = itemsOf(world, 'incidents').flatMap(({ kind, backend, count = 1 }) =>
    kind === 'software_backend' ? [] : [`${kind} ${backend} ${count}`],
  );
  expect(kinds).toEqual([`${expected.lost} 1`]);
}

const loseContext = () =>
  page.evaluate(() => {
    const { gl } = (
      window.lab.tf.backend() as unknown as { getGPGPUContext(): { gl: WebGLRenderingContext } }
    ).getGPGPUContext();
    gl.getExtension('WEBGL_lose_context')?.loseContext();
  });

async function killGpu(): Promise<void> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const gpu = processInfo.find(({ type }) => type === 'GPU');
  if (!gpu) throw new Error('this Chromium has no GPU process');
  process.kill(gpu.id, 'SIGKILL');
}

const isTold = () => page.waitForFunction(() => window.told.lost.length > 0, undefined, { timeout: 60_000 });

it('goes on elsewhere after a lost WebGL context, with right results', { timeout: 120_000 }, async () => {
  world.config = plan('webgl');
  expect(await loadMlp()).toBe('config webgl');
  expect(await predict()).toBe(64);
  await loseContext();
  await isTold();
  await reloaded({ lost: 'context_lost webgl', onto: 'wasm-simd' });
  expect(errors).toEqual([]);
  expect(await loadMlp()).toBe('fallback wasm-simd'); // the next page life
});

it('goes on elsewhere after a lost WebGPU device, with right results', { timeout: 120_000 }, async () => {
  world.config = plan('webgpu');
  expect(await loadMlp()).toBe('config webgpu');
  expect(await predict()).toBe(64);
  await killGpu();
  await isTold();
  await reloaded({ lost: 'device_lost webgpu', onto: 'wasm-simd' });
  expect(await loadMlp()).toBe('fallback wasm-simd');
});

it('lets the library pick another backend when nothing named one, and webgl start anew by name', {
  timeout: 120_000,
}, async () => {
  world.config = undefined;
  await loadMlp();
  const seen = await page.evaluate(async () => {
    const { tf, tfjs, monitor } = window.lab;
    tf.removeBackend('webgpu');
    await tf.setBackend('webgl');
    const adapter = tfjs(tf);
    const watching = monitor({ remoteConfig: false, backends: ['webgl'] }); // neither wasm nor cpu by name
    const load = async () =>
      tf.sequential({ layers: [tf.layers.dense({ units: 8, inputShape: [8], kernelInitializer: 'ones' })] });
    const read = async ({ model, backend, source }: Awaited<ReturnType<typeof first>>) =>
      `${source} ${backend} ${(await (model.predict(tf.ones([1, 8])) as Tensor).data())[0]}`;
    const first = () => watching.load('mlp', { adapter, load });
    const said = [await read(await first())];
    const lost = new Promise<import('../../client_sdk_js/src/index.js').LostModel>((resolve) =>
      watching.on('lost', resolve),
    );
    const { gl } = (
      tf.backend() as unknown as { getGPGPUContext(): { gl: WebGLRenderingContext } }
    ).getGPGPUContext();
    gl.getExtension('WEBGL_lose_context')?.loseContext();
    const { reload } = await lost;
    if (reload) said.push(await read(await reload()));
    const forced = await watching.load('mlp', { adapter, load, override: { backend: 'webgl' } });
    return [...said, await read(forced)];
  });
  expect(seen).toEqual(['default webgl 8', 'fallback wasm-simd 8', 'override webgl 8']);
});

it('goes on elsewhere after a read that never settles, whose cause nobody told', {
  timeout: 120_000,
}, async () => {
  world.config = plan('webgl');
  expect(await loadMlp()).toBe('config webgl');
  expect(await predict()).toBe(64);
  await page.evaluate(() => {
    // A driver that hangs: the fence of the next read is never passed.
    const { gl } = (
      window.lab.tf.backend() as unknown as { getGPGPUContext(): { gl: WebGL2RenderingContext } }
    ).getGPGPUContext();
    Object.defineProperty(gl, 'clientWaitSync', { value: () => gl.TIMEOUT_EXPIRED });
    void window.predict();
  });
  await isTold();
  await reloaded({ lost: 'hang webgl', onto: 'wasm-simd' });
  expect(await loadMlp()).toBe('fallback wasm-simd');
});

it('tells of memory that a call runs out of', { timeout: 120_000 }, async () => {
  world.config = plan('wasm', { fallbacks: ['cpu'] });
  expect(await loadMlp()).toBe('config wasm-simd');
  expect(await predict()).toBe(64);
  const thrown = await page.evaluate(async () => {
    const { tf, tfjs, monitor } = window.lab;
    const huge = { predict: () => tf.fill([400_000, 100_000], 1) };
    const watching = monitor({ remoteConfig: false });
    const lost: string[] = [];
    const incidents: string[] = [];
    watching.on('lost', ({ kind, model, reload }) => lost.push(`${kind} ${model} ${reload}`));
    watching.on('incident', ({ kind, error }) => incidents.push(`${kind} ${error}`));
    watching.wrap('huge', huge, { adapter: tfjs(tf) });
    await watching.flush(); // the lazy part is there
    let thrown = '';
    try {
      huge.predict();
    } catch (error) {
      thrown = (error as Error).name;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    return { thrown, lost, incidents };
  });
  expect(thrown).toEqual({
    thrown: 'RangeError',
    lost: ['out_of_memory huge undefined'],
    incidents: ['out_of_memory RangeError'],
  });
});

it('leaves an exception to the page that gets it: one incident, no loss', { timeout: 120_000 }, async () => {
  world.config = plan('cpu');
  await loadMlp();
  const seen = await page.evaluate(async () => {
    const { tf, tfjs, monitor } = window.lab;
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
    const watching = monitor({ remoteConfig: false });
    const heard: string[] = [];
    watching.on('lost', ({ kind }) => heard.push(`lost ${kind}`));
    watching.on('incident', ({ kind, error }) => heard.push(`${kind} ${error}`));
    watching.wrap('mlp', model, { adapter: tfjs(tf) });
    await watching.flush();
    let thrown = false;
    try {
      model.predict(tf.ones([1, 5]));
    } catch {
      thrown = true;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    return { thrown, heard };
  });
  expect(seen).toEqual({ thrown: true, heard: ['error Error'] });
});

it.each(['webgl', 'cpu'] as const)(
  'tells of a model that gives NaN on %s, once',
  { timeout: 120_000 },
  async (on) => {
    world.config = plan(on);
    expect(await loadMlp({ weight: Number.NaN, check: true })).toBe(`config ${on}`);
    for (let i = 0; i < 4; i++) expect(await predict()).toBeNaN();
    await isTold();
    expect(await told()).toEqual({ lost: [`wrong_output ${on}`], incidents: [`wrong_output ${on}`] });
    await page.goto('about:blank');
    await until('the incident', () => itemsOf(world, 'incidents').length > 0);
    expect(await loadMlp({ weight: Number.NaN, check: true })).toBe('fallback wasm-simd');
  },
);

it('tells of a model that gives one value throughout, when asked to, after three such results', {
  timeout: 120_000,
}, async () => {
  world.config = plan('webgl');
  await loadMlp({ check: true });
  await predict();
  await predict();
  await pause(200);
  expect((await told()).lost).toEqual([]);
  await predict();
  await isTold();
  await predict();
  expect(await told()).toEqual({ lost: ['wrong_output webgl'], incidents: ['wrong_output webgl'] });
});

it('takes the next backend when one computes silently wrong: half floats that overflow', {
  timeout: 120_000,
}, async () => {
  const right = 64 * 2_000;
  world.config = plan('webgl', { canary: { values: Array(4).fill(right), tolerance: 1 } });
  await context.addInitScript(() => {
    // As on a mobile GPU without float32 textures: 128,000 is more than 16 bits hold.
    addEventListener('DOMContentLoaded', () => window.lab.tf.env().set('WEBGL_FORCE_F16_TEXTURES', true));
  });
  expect(await loadMlp({ weight: 2_000, check: 'canary' })).toBe('fallback wasm-simd');
  expect(await predict()).toBe(right);
  expect((await told()).incidents).toEqual(['wrong_output webgl']);
  expect(await loadMlp({ weight: 2_000, check: 'canary' })).toBe('fallback wasm-simd');
  expect((await told()).incidents).toEqual([]); // the next page life does not try it again
});

it('lets a right backend pass its canary, and keeps a start that never ends from stopping the rest', {
  timeout: 120_000,
}, async () => {
  world.config = plan('webgl', { canary: { values: Array(4).fill(64), tolerance: 0.01 } });
  expect(await loadMlp({ check: 'canary' })).toBe('config webgl');
  expect((await told()).incidents).toEqual([]);
  world.config = plan('webgpu', { fallbacks: ['cpu'] });
  await context.addInitScript(() => {
    // A driver that never answers. TensorFlow.js then refuses all work, on whatever backend.
    if (navigator.gpu)
      Object.defineProperty(navigator.gpu, 'requestAdapter', { value: () => new Promise(() => 0) });
  });
  expect(await loadMlp()).toBe('fallback cpu');
  expect(await predict()).toBe(64);
  expect((await told()).incidents).toEqual(['fallback webgpu']);
  expect(await loadMlp()).toBe('fallback cpu');
  expect((await told()).incidents).toEqual([]); // it is set aside, and not waited for again
});
