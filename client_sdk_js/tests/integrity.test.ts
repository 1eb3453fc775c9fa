import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Arm } from '../src/generated/config.js';
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
  useNewAdapter,
} from './monitor_on_fake_host.js';

useFakeHost();

const ORIGIN = 'https://models.example';
const ENTRY = `${ORIGIN}/face/f16/model.json`;
const hashOf = (text: string) => `sha256-${createHash('sha256').update(text).digest('base64')}`;

/** What the server of the models holds, by URL: a text, or a response. */
let files: Map<string, string | (() => Response)>;
/** What was asked of it. */
let asked: { url: string; cache: RequestCache | undefined }[];

/** model.json with two shards. */
function entryOf(shards: Record<string, string>, changes: Record<string, unknown> = {}): string {
  const named = Object.entries(shards).map(([name, text]) => [
    name,
    { bytes: text.length, integrity: hashOf(text) },
  ]);
  return JSON.stringify({
    weightsManifest: [{ paths: Object.keys(shards), weights: [] }],
    inferfleet: { files: Object.fromEntries(named) },
    ...changes,
  });
}

const SHARDS = { 'a.bin': 'one shard', 'b.bin': 'another one' };

/** A published model, right in every byte, and an arm that names its hash. */
function publish(entry = entryOf(SHARDS), shards: Record<string, string> = SHARDS): Arm {
  files.set(ENTRY, entry);
  for (const [name, text] of Object.entries(shards)) files.set(new URL(name, ENTRY).href, text);
  return { backend: 'webgl', variant: 'float16', url: ENTRY, integrity: hashOf(entry), probability: 1 };
}

/** A page whose plan has this arm. */
function open(arm: Arm): void {
  serve({}, [arm]);
  const { answer } = host;
  host.answer = (url, init) => {
    if (!url.startsWith(ORIGIN)) return answer(url, init);
    asked.push({ url, cache: init?.cache });
    const file = files.get(url);
    if (file === undefined) return new Response('not here', { status: 404 });
    return typeof file === 'string' ? new Response(file) : file();
  };
  start({ remoteConfig: true, modelOrigins: [ORIGIN] });
}

/** What a load of the page is given to read. */
const texts = async (fetch: typeof globalThis.fetch, ...urls: string[]) =>
  Promise.all(urls.map(async (url) => (await fetch(url)).text()));

beforeEach(() => {
  files = new Map();
  asked = [];
});

describe('a model whose hash the plan names', () => {
  it('is loaded when all of its files are right, from the very bytes that were checked', async () => {
    open(publish());
    let read: string[] = [];
    const face = await loadFace({
      load: async (url: string, _backend: string, { fetch }: { fetch: typeof globalThis.fetch }) => {
        read = await texts(fetch, ENTRY, `${ORIGIN}/face/f16/a.bin`, `${ORIGIN}/face/f16/b.bin`);
        return fakeModel(url);
      },
    });
    expect(face).toMatchObject({ backend: 'webgl', variant: 'float16', source: 'config' });
    expect(read).toEqual([entryOf(SHARDS), 'one shard', 'another one']);
    expect(asked).toHaveLength(3); // no file twice
  });

  it('has its other files fetched as ever, and its own checked each time', async () => {
    open(publish());
    files.set(`${ORIGIN}/labels.txt`, 'cat');
    let read: string[] = [];
    let late: unknown;
    await loadFace({
      load: async (url: string, _backend: string, { fetch }: { fetch: typeof globalThis.fetch }) => {
        read = await texts(fetch, `${ORIGIN}/labels.txt`, ENTRY, ENTRY);
        files.set(ENTRY, 'something else');
        late = await fetch(ENTRY).catch(({ name }) => name);
        return fakeModel(url);
      },
    });
    expect(read).toEqual(['cat', entryOf(SHARDS), entryOf(SHARDS)]);
    expect(late).toBe('IntegrityError');
  });

  const wrong: [string, () => void][] = [
    ['a shard is truncated', () => files.set(`${ORIGIN}/face/f16/a.bin`, 'one sh')],
    ['a shard is too long', () => files.set(`${ORIGIN}/face/f16/a.bin`, 'one shard and more')],
    ['a shard holds other bytes', () => files.set(`${ORIGIN}/face/f16/a.bin`, 'one shart')],
    ['a shard is missing', () => files.delete(`${ORIGIN}/face/f16/b.bin`)],
    [
      'a shard is a page of an error, as long as the shard',
      () => files.set(`${ORIGIN}/face/f16/a.bin`, () => new Response('one shard', { status: 404 })),
    ],
    ['the entry holds other bytes', () => files.set(ENTRY, `${entryOf(SHARDS)} `)],
    ['the entry is missing', () => files.delete(ENTRY)],
  ];
  it.each(wrong)('is not loaded when %s: a named fallback', async (_, spoil) => {
    open(publish());
    spoil();
    const load = vi.fn(async (url: string) => fakeModel(url));
    const face = await loadFace({ load });
    expect(face).toMatchObject({ backend: 'webgl', variant: 'original', source: 'fallback' });
    expect(load.mock.calls).toEqual([['/face.json', 'webgl']]);
    await monitor.flush();
    host.hide();
    expect(items('incidents')).toMatchObject([
      { kind: 'fallback', backend: 'webgl', variant: 'float16', error: 'IntegrityError' },
    ]);
    expect(items('loads')[0]?.fallbacks).toEqual([
      { backend: 'webgl', variant: 'float16', error: 'IntegrityError' },
    ]);
    expect(items('exposures')).toMatchObject([{ backend: 'webgl', source: 'fallback' }]);
    expect(items('exposures')[0]?.variant).toBeUndefined(); // the original
  });

  it.each([
    ['names no hash of a shard', { inferfleet: { files: {} } }],
    ['names none at all', { inferfleet: undefined }],
    [
      'names a shard elsewhere',
      { inferfleet: { files: { '../x.bin': { bytes: 1, integrity: hashOf('x') } } } },
    ],
    ['names another kind of hash', { inferfleet: { files: { 'a.bin': { bytes: 9, integrity: 'md5-x' } } } }],
    [
      'names a length that is none',
      { inferfleet: { files: { 'a.bin': { bytes: -1, integrity: hashOf('x') } } } },
    ],
    [
      'names more bytes than fit',
      { inferfleet: { files: { 'a.bin': { bytes: 1e12, integrity: hashOf('x') } } } },
    ],
  ])('is not loaded when its entry %s', async (_, changes) => {
    open(publish(entryOf(SHARDS, { ...changes, ...withPaths(changes) })));
    const face = await loadFace();
    expect(face).toMatchObject({ variant: 'original', source: 'fallback' });
    host.hide();
    expect(items('incidents')).toMatchObject([{ error: 'IntegrityError' }]);
  });

  it('is one file when that is no JSON: an .onnx, a .tflite', async () => {
    open(publish('\u0008onnx', {}));
    expect(await loadFace()).toMatchObject({ variant: 'float16', source: 'config' });
    expect(asked).toEqual([{ url: ENTRY, cache: undefined }]);
  });

  it('is fetched once more past the cache, which may hold a wrong file', async () => {
    open(publish());
    const right = files.get(ENTRY) as string;
    files.set(ENTRY, () => {
      files.set(ENTRY, right);
      return new Response('what the cache kept');
    });
    expect(await loadFace()).toMatchObject({ variant: 'float16', source: 'config' });
    expect(asked.slice(0, 2)).toEqual([
      { url: ENTRY, cache: undefined },
      { url: ENTRY, cache: 'reload' },
    ]);
  });

  it('that was wrong is not fetched again for a day', async () => {
    const arm = publish('other bytes', {});
    files.set(ENTRY, 'not those');
    open(arm);
    await loadFace();
    expect(asked).toHaveLength(2);
    useNewAdapter();
    open(arm);
    expect(await loadFace()).toMatchObject({ variant: 'original' });
    expect(asked).toHaveLength(2);
    monitor.close();
    host.time += 25 * 3600 * 1000;
    useNewAdapter();
    open(arm);
    await loadFace();
    expect(asked).toHaveLength(4);
  });

  it('names the network where that failed, and is tried again on the next visit', async () => {
    const arm = publish();
    files.set(ENTRY, () => {
      throw new TypeError('Failed to fetch');
    });
    open(arm);
    expect(await loadFace()).toMatchObject({ variant: 'original', source: 'fallback' });
    host.hide();
    expect(items('incidents')).toMatchObject([{ kind: 'fallback', error: 'TypeError' }]);
    files.set(ENTRY, entryOf(SHARDS));
    useNewAdapter();
    open(arm);
    expect(await loadFace()).toMatchObject({ variant: 'float16' });
  });

  it('is given up when the check takes longer than a load may, and no longer fetched', async () => {
    let signal: AbortSignal | null | undefined;
    open(publish());
    const { answer } = host;
    host.answer = (url, init) => {
      if (url !== ENTRY) return answer(url, init);
      signal = init?.signal;
      return new Promise(() => undefined);
    };
    const loading = loadFace({ attemptMs: 5_000 });
    await host.advance(4_000);
    expect(signal?.aborted).toBe(false);
    await host.advance(2_000);
    expect(await loading).toMatchObject({ variant: 'original', source: 'fallback' });
    expect(signal?.aborted).toBe(true);
    host.hide();
    expect(items('incidents')).toMatchObject([{ error: 'TimeoutError' }]);
  });

  it('is checked for plain http pages by the browser itself, which has no digest there', async () => {
    vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) });
    const integrities: unknown[] = [];
    open(publish());
    const { answer } = host;
    host.answer = (url, init) => {
      if (url.startsWith(ORIGIN)) integrities.push(init?.integrity);
      return answer(url, init);
    };
    expect(await loadFace()).toMatchObject({ variant: 'float16' });
    expect(integrities).toEqual([hashOf(entryOf(SHARDS)), ...Object.values(SHARDS).map(hashOf)]);
    vi.unstubAllGlobals();
  });

  it('is told to the developer when the page loads it once more, unchecked', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    open(publish());
    monitor.close();
    start({ remoteConfig: true, modelOrigins: [ORIGIN], dev: true });
    await loadFace();
    expect(
      warn.mock.calls.flat().filter((line) => /fetched them once more, unchecked/.test(line)),
    ).toHaveLength(1);
    warn.mockRestore();
  });
});

describe('a model whose hash no plan names', () => {
  it('is loaded as ever: nothing is fetched, and nothing is passed on', async () => {
    const arm = publish();
    open({ ...arm, integrity: null });
    const load = vi.fn(async (url: string) => fakeModel(url));
    expect(await loadFace({ load })).toMatchObject({ variant: 'float16', source: 'config' });
    expect(load.mock.calls).toEqual([[ENTRY, 'webgl']]);
    expect(asked).toEqual([]);
  });

  it('nor is the page’s own, whose bytes the plan does not know', async () => {
    open({ backend: 'webgl', variant: 'float16', integrity: hashOf('x'), probability: 1 });
    expect(await loadFace()).toMatchObject({ variant: 'float16', source: 'config' });
    expect(asked).toEqual([]);
  });
});

describe('a kind of hash that this SDK does not know', () => {
  it.each(['sha384-x', '', 7, {}])('keeps its arm from being used: %j', async (integrity) => {
    open({ ...publish(), integrity: integrity as string });
    expect(await loadFace()).toMatchObject({ variant: 'original', source: 'default' });
    expect(adapter.started).toEqual([]);
  });
});

/** The entry's shards, unless the test is about a file that no weights name. */
function withPaths({ inferfleet }: Record<string, unknown>) {
  const { files = {} } = (inferfleet ?? {}) as { files?: Record<string, unknown> };
  return {
    weightsManifest: [{ paths: Object.keys(files).length ? Object.keys(files) : ['a.bin'], weights: [] }],
  };
}
