import { describe, expect, it } from 'vitest';
import { fakeModel } from './fake_adapter.js';
import { accepted } from './fake_host.js';
import {
  adapter,
  host,
  items,
  loadFace,
  monitor,
  serve,
  start,
  useFakeHost,
  useNewAdapter,
} from './monitor_on_fake_host.js';

useFakeHost();

describe('loading', () => {
  it('leaves the backend to the library without a config', async () => {
    start();
    const face = await loadFace();
    expect(face).toMatchObject({ backend: 'webgl', variant: 'original', source: 'default' });
    expect(adapter.started).toEqual([]);
    face.model.predict(1);
    await monitor.flush();
    expect(items('exposures')).toMatchObject([{ model: 'face', backend: 'webgl', source: 'default' }]);
    expect(items('loads')).toMatchObject([{ model: 'face', backend: 'webgl', first_prediction_ms: 0 }]);
  });

  it('runs the arm of the config, and says with what probability', async () => {
    serve({}, [{ backend: 'wasm-simd', variant: 'float16', probability: 1 }]);
    start({ remoteConfig: true });
    const face = await loadFace();
    expect(face).toMatchObject({ backend: 'wasm-simd', variant: 'float16', source: 'config' });
    expect(face.model.url).toBe('/face16.json');
    await monitor.flush();
    expect(items('exposures')[0]).toMatchObject({
      variant: 'float16',
      source: 'config',
      config_version: 3,
      device_class: 'form=desktop,os=linux',
    });
  });

  it('draws the same arm on every visit of an install', async () => {
    serve({}, [
      { backend: 'wasm-simd', probability: 0.5 },
      { backend: 'webgpu', probability: 0.5 },
    ]);
    const backends = new Set<string>();
    for (let visit = 0; visit < 5; visit++) {
      useNewAdapter();
      start({ remoteConfig: true });
      backends.add((await loadFace()).backend);
    }
    expect(backends.size).toBe(1);
  });

  it('falls back in the plan’s order when a backend does not start, and counts it', async () => {
    serve({}, [{ backend: 'webgpu', probability: 1 }]);
    adapter.startable.delete('webgpu');
    start({ remoteConfig: true });
    const face = await loadFace();
    expect(face).toMatchObject({ backend: 'cpu', source: 'fallback' });
    host.hide();
    expect(items('loads')[0]?.fallbacks).toEqual([{ backend: 'webgpu', error: 'other' }]);
    expect(items('incidents')).toMatchObject([{ kind: 'fallback', backend: 'webgpu' }]);
  });

  it('falls back to the page’s own variant when the one of the config does not load', async () => {
    serve({}, [{ backend: 'webgl', variant: 'float16', probability: 1 }]);
    start({ remoteConfig: true });
    const face = await loadFace({
      load: async (url: string) => {
        if (url === '/face16.json') throw new TypeError('Failed to fetch');
        return fakeModel(url);
      },
    });
    expect(face).toMatchObject({ backend: 'webgl', variant: 'original', source: 'fallback' });
  });

  it('goes back to the library’s own backend when the page’s load fails on the one of the config', async () => {
    serve({}, [{ backend: 'webgpu', probability: 1 }]);
    start({ remoteConfig: true });
    const face = await loadFace({
      load: async (url: string) => {
        if (adapter.executor().backend === 'webgpu') throw new Error('warming up failed');
        return fakeModel(url);
      },
    });
    expect(face.source).not.toBe('config');
    expect(face.backend).not.toBe('webgpu');
  });

  it('throws what the page’s own load threw', async () => {
    start();
    const own = new Error('no such model');
    await expect(loadFace({ load: () => Promise.reject(own) })).rejects.toBe(own);
  });

  it('goes on without the collector within the budget', async () => {
    host.answer = () => new Promise(() => undefined);
    start({ remoteConfig: true });
    const loading = loadFace();
    await host.advance(300);
    expect(await loading).toMatchObject({ source: 'default' });
  });

  it('forces what the page forces, without asking', async () => {
    host.answer = (url) => {
      expect(url).not.toContain('/v1/config/');
      return accepted();
    };
    start({ remoteConfig: true });
    const face = await loadFace({ override: { backend: 'cpu', variant: 'float16' } });
    expect(face).toMatchObject({ backend: 'cpu', variant: 'float16', source: 'override' });
  });
});

describe('the kill switch and the sample rate', () => {
  it('steer and measure nothing when disabled', async () => {
    serve({ enabled: false }, [{ backend: 'cpu', probability: 1 }]);
    start({ remoteConfig: true });
    const face = await loadFace();
    expect(face).toMatchObject({ backend: 'webgl', source: 'default' });
    expect(face.model.predict(21)).toBe(42);
    await monitor.flush();
    host.hide();
    expect(host.sent).toEqual([]);
    expect(monitor.snapshot().enabled).toBe(false);
  });

  it('keep sessions outside the sample silent, but steered', async () => {
    serve({ sample_rate: 0.4 }, [{ backend: 'cpu', probability: 1 }]);
    start({ remoteConfig: true }); // chance is 0.5
    const face = await loadFace();
    expect(face).toMatchObject({ backend: 'cpu', source: 'config' });
    face.model.predict(1);
    await monitor.flush();
    expect(host.sent).toEqual([]);
  });
});
