import { beforeEach, describe, expect, it } from 'vitest';
import type { ConfigDocument } from '../../client_sdk_js/src/generated/config.js';
import { absolute, itemsOf, reportsOf, until } from './reports.js';
import { openLab } from './visit.js';
import { context, useWorldAndBrowser, world } from './world_and_browser.js';

type Tensor = import('@tensorflow/tfjs').Tensor;

useWorldAndBrowser();
beforeEach(() => {
  Object.assign(world, { config: undefined, configDelayMs: 0 });
  world.reports.length = 0;
  world.configRequests.length = 0;
});

describe('a model in a page', () => {
  it('shows a forgotten dispose() as a slope of whole tensors per prediction', async () => {
    const { page } = await openLab(context, world);
    const live = await page.evaluate(async () => {
      const { tf, tfjs, monitor, input, BLAZEFACE } = window.lab;
      const watching = monitor({ remoteConfig: false });
      const { model } = await watching.load('blazeface', {
        adapter: tfjs(tf),
        url: BLAZEFACE,
        override: { backend: 'wasm-simd' },
        load: (url) => tf.loadGraphModel(url),
      });
      const x = input(model);
      let outputs = 0;
      for (let i = 0; i < 24; i++) outputs = [model.predict(x) as Tensor | Tensor[]].flat().length; // none disposed
      await watching.flush();
      return { outputs, slope: watching.snapshot().models[0]?.tensors_per_prediction };
    });
    const memory = itemsOf(world, 'windows')[0]?.memory;
    const predictions = absolute(memory?.predictions ?? []);
    const tensors = absolute(memory?.tensors ?? []);
    expect(predictions.at(-1)).toBe(23);
    for (const [i, made] of predictions.entries()) {
      expect((tensors[i] ?? 0) - (tensors[0] ?? 0)).toBe(made * live.outputs);
    }
    expect(live.slope).toBe(live.outputs);
  });

  it('throws and rejects as it would unobserved', async () => {
    const { page, errors } = await openLab(context, world);
    const seen = await page.evaluate(async () => {
      const { tf, tfjs, monitor, BLAZEFACE } = window.lab;
      await tf.setBackend('cpu');
      const model = await tf.loadGraphModel(BLAZEFACE);
      const wrong = tf.zeros([1, 2]);
      const catching = async (run: () => unknown) => {
        try {
          await run();
          return 'nothing thrown';
        } catch (error) {
          return `${(error as Error).constructor.name}: ${(error as Error).message}`;
        }
      };
      const all = async () => [
        await catching(() => model.predict(wrong)),
        await catching(() => model.execute({ absent: wrong })),
        await catching(() => model.executeAsync(wrong)),
      ];
      const before = await all();
      const watching = monitor({ remoteConfig: false });
      watching.wrap('blazeface', model, { adapter: tfjs(tf) });
      const after = await all();
      // Nobody handles this one: the page's own unhandledrejection must still fire.
      const unhandled = new Promise<string>((resolve) =>
        addEventListener('unhandledrejection', (event) => resolve((event.reason as Error).message), {
          once: true,
        }),
      );
      void model.executeAsync(wrong);
      const message = await unhandled;
      await watching.flush();
      return { before, after, message };
    });
    expect(seen.after).toEqual(seen.before);
    expect(seen.before).not.toContain('nothing thrown');
    expect(seen.before[2]).toContain(seen.message);
    expect(itemsOf(world, 'windows')[0]).toMatchObject({ count: 4, errors: 4 });
    expect(itemsOf(world, 'incidents')).toMatchObject([{ kind: 'error', error: 'Error', count: 4 }]);
    expect(JSON.stringify(reportsOf(world))).not.toContain(seen.message.slice(0, 20));
    expect(errors).toHaveLength(1);
  });

  it('reports the loss of its WebGL context', async () => {
    const { page } = await openLab(context, world);
    await page.evaluate(async () => {
      const { tf, tfjs, monitor } = window.lab;
      await tf.setBackend('webgl');
      const model = tf.sequential({ layers: [tf.layers.dense({ units: 4, inputShape: [4] })] });
      monitor({ remoteConfig: false }).wrap('mlp', model, { adapter: tfjs(tf) });
      await (model.predict(tf.ones([1, 4])) as Tensor).data();
      const { gl } = (
        tf.backend() as unknown as { getGPGPUContext(): { gl: WebGLRenderingContext } }
      ).getGPGPUContext();
      gl.getExtension('WEBGL_lose_context')?.loseContext();
    });
    await until('the incident', () => itemsOf(world, 'incidents').length > 0);
    expect(itemsOf(world, 'incidents')).toMatchObject([
      { kind: 'context_lost', backend: 'webgl', model: 'mlp' },
    ]);
  });

  it('takes a WebGPU device that the page destroyed for no loss', async () => {
    const { page } = await openLab(context, world);
    const lost = await page.evaluate(async () => {
      const { tf, tfjs, monitor } = window.lab;
      await tf.setBackend('webgpu');
      const model = tf.sequential({ layers: [tf.layers.dense({ units: 4, inputShape: [4] })] });
      const watching = monitor({ remoteConfig: false });
      const kinds: string[] = [];
      watching.on('incident', ({ kind }) => kinds.push(kind));
      watching.wrap('mlp', model, { adapter: tfjs(tf) });
      const { device } = tf.backend() as unknown as { device: { destroy(): void; lost: Promise<unknown> } };
      device.destroy();
      await device.lost;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return kinds;
    });
    expect(lost).toEqual([]);
  });
});

describe('the end of a page', () => {
  it.each(['navigation', 'closing'])('by %s hands over the open window by beacon', async (how) => {
    const { page } = await openLab(context, world);
    await page.evaluate(async () => {
      const { tf, tfjs, monitor } = window.lab;
      await tf.setBackend('cpu');
      const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [2] })] });
      monitor({ remoteConfig: false }).wrap('mlp', model, { adapter: tfjs(tf) });
      for (let i = 0; i < 5; i++) tf.dispose(model.predict(tf.ones([1, 2])));
    });
    expect(world.reports).toEqual([]);
    if (how === 'navigation') await page.goto('about:blank');
    else await page.close({ runBeforeUnload: true });
    await until('the beacon', () => world.reports.length > 0);
    expect(world.reports).toHaveLength(1);
    expect(world.reports[0]?.contentType).toMatch(/^text\/plain/);
    expect(world.reports[0]?.query.get('key')).toBe('lab-key');
    expect(itemsOf(world, 'windows')).toMatchObject([{ model: 'mlp', backend: 'cpu', count: 5 }]);
  });
});

describe('remote config', () => {
  const configured = (changes: Partial<ConfigDocument>) => ({
    document: JSON.stringify({
      app: 'lab',
      version: 4,
      device_class: 'form=desktop,os=linux',
      issued_at: 0,
      expires_at: 9e15,
      ...changes,
    }),
  });
  const loadBlazeface = () =>
    window.lab
      .monitor({ configBudgetMs: 2_000 })
      .load('blazeface', {
        adapter: window.lab.tfjs(window.lab.tf),
        url: window.lab.BLAZEFACE,
        load: (url) => window.lab.tf.loadGraphModel(url),
      })
      .then(({ backend, variant, source }) => ({ backend, variant, source }));

  it('chooses the backend, asked for by the coarse facts; offline the last known one does', async () => {
    world.config = configured({
      models: { blazeface: { arms: [{ backend: 'wasm-simd', probability: 1 }], fallbacks: ['cpu'] } },
    });
    const first = await openLab(context, world);
    expect(await first.page.evaluate(loadBlazeface)).toEqual({
      backend: 'wasm-simd',
      variant: 'original',
      source: 'config',
    });
    expect([...(world.configRequests[0]?.searchParams.keys() ?? [])]).toEqual([
      'browser',
      'cores',
      'form',
      'gpu',
      'lacks',
      'memory_gb',
      'os',
    ]);
    world.config = undefined;
    const second = await openLab(context, world);
    expect(await second.page.evaluate(loadBlazeface)).toMatchObject({
      backend: 'wasm-simd',
      source: 'last_known_good',
    });
    expect([...first.errors, ...second.errors]).toEqual([]);
  });

  it('is revalidated by its ETag out of the browser’s own cache, and fetched anew when it changed', async () => {
    const backends: string[] = [];
    const visit = async () => {
      const { page } = await openLab(context, world);
      backends.push(await page.evaluate(loadBlazeface).then(({ source, backend }) => `${source} ${backend}`));
      return page;
    };
    world.config = configured({ models: { blazeface: { arms: [{ backend: 'cpu', probability: 1 }] } } });
    const first = await visit();
    // Facts of the GPU come late in a first visit, and the question is another one with them.
    await first.waitForFunction(() => localStorage.getItem('inferfleet:device')?.includes('"gpu"'));
    world.configStatuses.length = 0;
    await visit();
    await visit();
    world.config = configured({
      version: 5,
      models: { blazeface: { arms: [{ backend: 'wasm-simd', probability: 1 }] } },
    });
    await visit();
    expect(backends).toEqual(['config cpu', 'config cpu', 'config cpu', 'config wasm-simd']);
    expect(world.configStatuses).toEqual([200, 304, 200]);
  });

  it('is fallen back from when its backend cannot start', async () => {
    world.config = configured({
      models: { blazeface: { arms: [{ backend: 'webgpu', probability: 1 }], fallbacks: ['wasm-simd'] } },
    });
    await context.addInitScript(() => {
      // WebGPU is there but has no adapter, as on a blocklisted driver.
      if (navigator.gpu) Object.defineProperty(navigator.gpu, 'requestAdapter', { value: async () => null });
    });
    const { page, errors } = await openLab(context, world);
    expect(await page.evaluate(loadBlazeface)).toMatchObject({ backend: 'wasm-simd', source: 'fallback' });
    await page.goto('about:blank');
    await until('the report', () => world.reports.length > 0);
    expect(itemsOf(world, 'incidents')).toMatchObject([
      { kind: 'fallback', backend: 'webgpu', model: 'blazeface' },
    ]);
    expect(itemsOf(world, 'loads')[0]?.fallbacks).toMatchObject([{ backend: 'webgpu' }]);
    expect(itemsOf(world, 'exposures')).toMatchObject([
      { backend: 'wasm-simd', source: 'fallback', config_version: 4, device_class: 'form=desktop,os=linux' },
    ]);
    expect(errors).toEqual([]);
  });

  it('is verified with the browser’s own Ed25519', async () => {
    const keys = (await crypto.subtle.generateKey({ name: 'Ed25519' }, true, [
      'sign',
      'verify',
    ])) as CryptoKeyPair;
    const base64url = (bytes: ArrayBuffer) => Buffer.from(bytes).toString('base64url');
    const configPublicKey = base64url(await crypto.subtle.exportKey('raw', keys.publicKey));
    const plain = configured({
      models: { blazeface: { arms: [{ backend: 'cpu', probability: 1 }] } },
    });
    const signature = base64url(
      await crypto.subtle.sign('Ed25519', keys.privateKey, Buffer.from(plain.document)),
    );
    const sources: string[] = [];
    for (const config of [plain, { ...plain, signature }]) {
      world.config = config;
      const { page } = await openLab(context, world);
      sources.push(
        await page.evaluate(async (configPublicKey) => {
          const { tf, tfjs, monitor, BLAZEFACE } = window.lab;
          const face = await monitor({ configPublicKey, configBudgetMs: 2_000 }).load('blazeface', {
            adapter: tfjs(tf),
            url: BLAZEFACE,
            load: (url) => tf.loadGraphModel(url),
          });
          return `${face.source} ${face.backend}`;
        }, configPublicKey),
      );
    }
    expect(sources[0]).toMatch(/^default web/);
    expect(sources[1]).toBe('config cpu');
  });
});
