/** The device's facts: each by itself, in bounded time, and kept. */

import { afterEach, describe, expect, it, vi } from 'vitest';
import { deviceFacts } from '../src/later/device.js';
import { FakeHost } from './fake_host.js';

const ADAPTER_MS = 5_000;

class Canvas {
  getContext(kind: string) {
    if (kind !== 'webgl2') return null;
    return {
      RENDERER: 1,
      getExtension: (name: string) => (/debug/.test(name) ? { UNMASKED_RENDERER_WEBGL: 2 } : null),
      getParameter: () => 'ANGLE (NVIDIA, NVIDIA GeForce RTX 3060 Direct3D11)',
    };
  }
}

function browse(navigator: object, canvas: unknown = Canvas): void {
  vi.stubGlobal('navigator', navigator);
  vi.stubGlobal('OffscreenCanvas', canvas);
}

/** What is known when everything had its time, what was kept, and what was told as a fault. */
async function learn(host = new FakeHost()) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  host.idle = (fn) => fn();
  const faults: unknown[] = [];
  const facts = deviceFacts(host, (error) => faults.push(error));
  await vi.waitFor(async () => {
    await vi.advanceTimersByTimeAsync(ADAPTER_MS);
    expect(facts().gpu).toBeDefined();
  });
  return { facts, faults, kept: JSON.parse(host.storage.getItem('inferfleet:device') ?? '{}') };
}

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('an adapter of WebGPU that', () => {
  it.each([
    ['is there', () => Promise.resolve({}), true],
    ['is not there', () => Promise.resolve(null), false],
    ['rejects', () => Promise.reject(new Error('lost')), false],
    [
      'throws',
      () => {
        throw new Error('no');
      },
      false,
    ],
    ['never comes', () => new Promise(() => undefined), false],
  ])('%s leaves the other facts alone and is kept', async (_, requestAdapter, webgpu) => {
    browse({
      userAgent: 'Mozilla/5.0 (Windows NT 10.0) Chrome/146.0.0.0 Safari/537.36',
      gpu: { requestAdapter },
    });
    const { facts, faults, kept } = await learn();
    expect(facts()).toMatchObject({
      gpu: 'nvidia-rtx30',
      webgl: 2,
      webgpu,
      os: 'windows',
      browser_major: 146,
    });
    expect(Object.values(kept)).toEqual([facts()]);
    expect(faults).toEqual([]);
  });
});

it('a canvas that throws is no WebGL, and WebGPU is still looked at', async () => {
  browse(
    { userAgent: 'Firefox/130.0', gpu: { requestAdapter: async () => ({}) } },
    class {
      constructor() {
        throw new Error('blocked');
      }
    },
  );
  expect((await learn()).facts()).toMatchObject({
    gpu: 'unknown',
    webgl: 0,
    webgpu: true,
    browser: 'firefox',
  });
});

it.each([
  [
    'Firefox, which tells it and prints a line about the extension',
    'GeForce GTX 980, or similar',
    0,
    'nvidia-gtx9',
  ],
  ['Chromium, which masks it', 'WebKit WebGL', 1, 'arm-mali-g7'],
  ['a browser that tells nobody', null, 1, 'arm-mali-g7'],
])(
  'the renderer’s name is asked for without the extension where that is enough: %s',
  async (_, told, asked, gpu) => {
    const getExtension = vi.fn((name: string) =>
      /debug/.test(name) ? { UNMASKED_RENDERER_WEBGL: 2 } : null,
    );
    const getParameter = (what: number) => (what === 1 ? told : 'Mali-G78');
    browse(
      { userAgent: 'Firefox/140.0' },
      class {
        getContext = () => ({ RENDERER: 1, getExtension, getParameter });
      },
    );
    expect((await learn()).facts()).toMatchObject({ gpu, webgl: 2 });
    expect(getExtension.mock.calls.filter(([name]) => /debug/.test(name))).toHaveLength(asked);
  },
);

it('what throws when it is read takes no other fact with it', async () => {
  browse({
    get userAgent(): string {
      throw new Error('blocked');
    },
    get maxTouchPoints(): number {
      throw new Error('blocked');
    },
    get gpu(): object {
      throw new Error('blocked');
    },
    get webdriver(): boolean {
      throw new Error('blocked');
    },
    hardwareConcurrency: 8,
  });
  expect((await learn()).facts()).toMatchObject({
    cores: 8,
    gpu: 'nvidia-rtx30',
    webgl: 2,
    webgpu: false,
    automated: false,
  });
});

it('is not asked about where Chromium would print that there is none: on a software GPU', async () => {
  const requestAdapter = vi.fn(async () => null);
  browse(
    { userAgent: 'Chrome/146.0.0.0', gpu: { requestAdapter } },
    class extends Canvas {
      override getContext(kind: string) {
        const gl = super.getContext(kind);
        return gl && { ...gl, getParameter: () => 'llvmpipe' };
      }
    },
  );
  const facts = (await learn()).facts();
  expect(facts.gpu).toBe('software');
  expect(facts).not.toHaveProperty('webgpu'); // nobody asked, so it may be there
  expect(requestAdapter).not.toHaveBeenCalled();
});

it('a model that ran on WebGPU says that it is there', async () => {
  const host = new FakeHost();
  browse({ userAgent: 'Firefox/130.0', gpu: { requestAdapter: async () => null } });
  const { facts } = await learn(host);
  expect(facts().webgpu).toBe(false);
  facts._ran('webgl');
  expect(facts().webgpu).toBe(false);
  facts._ran('webgpu');
  expect(facts().webgpu).toBe(true);
  expect(JSON.parse(host.storage.getItem('inferfleet:device') ?? '{}')).toEqual({ 'Firefox/130.0': facts() });
});

it('a model that ran on WebGL says that it is there, where a worker has none', async () => {
  browse(
    { userAgent: 'Firefox/130.0' },
    class extends Canvas {
      override getContext() {
        return null;
      }
    },
  );
  const { facts } = await learn();
  expect(facts().webgl).toBe(0);
  facts._ran('webgl');
  expect(facts().webgl).toBe(1);
});

it('says whether a program drives the browser, whatever an earlier visit kept', async () => {
  const host = new FakeHost();
  browse({ userAgent: 'Firefox/130.0', webdriver: true });
  expect((await learn(host)).facts().automated).toBe(true);
  browse({ userAgent: 'Firefox/130.0', webdriver: false });
  expect(deviceFacts(host, () => undefined)()).toMatchObject({ automated: false, gpu: 'nvidia-rtx30' });
});
