import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConfigDocument } from '../src/generated/config.js';
import { createMonitor, type LoadOptions, type Monitor } from '../src/index.js';
import { FakeAdapter, type FakeModel, fakeModel } from './fake_adapter.js';
import { accepted, FakeHost } from './fake_host.js';

let host: FakeHost;
let adapter: FakeAdapter;
let monitor: Monitor;
let incidents: string[];

const serve = (changes: Partial<ConfigDocument> = {}) => {
  host.answer = (url) =>
    url.includes('/v1/config/')
      ? Response.json({
          document: JSON.stringify({
            app: 'lab',
            version: 3,
            device_class: '*',
            issued_at: 0,
            expires_at: 9e15,
            models: {
              face: {
                arms: [{ backend: 'webgl', variant: 'float16', probability: 1 }],
                fallbacks: ['webgl', 'cpu'],
              },
            },
            ...changes,
          }),
        })
      : accepted();
};

beforeEach(() => {
  host = new FakeHost();
  adapter = new FakeAdapter();
  serve();
});
afterEach(() => monitor.close());

const never = <T>() => new Promise<T>(() => undefined);

/** What became of a load, told when it ended. */
function load(from: (url: string) => Promise<FakeModel>, options: Partial<LoadOptions<FakeModel>> = {}) {
  monitor = createMonitor({ app: 'lab', endpoint: '', host });
  incidents = [];
  monitor.on('incident', ({ kind, backend, variant, error }) =>
    incidents.push(`${kind} ${backend} ${variant} ${error}`),
  );
  const outcome: { said?: string } = {};
  monitor
    .load('face', {
      adapter,
      variants: { original: '/f.json', float16: '/f16.json' },
      load: from,
      ...options,
    })
    .then(
      ({ source, backend, variant }) => {
        outcome.said = `${source} ${backend} ${variant}`;
      },
      (error) => {
        outcome.said = String(error);
      },
    );
  return outcome;
}
const nextVisit = () => {
  monitor.close();
  adapter = new FakeAdapter();
};
const quick = async (url: string) => fakeModel(url);

describe('a load that never settles', () => {
  it('of a variant that the plan chose ends after a minute; the page’s own one takes its place', async () => {
    const outcome = load((url) => (url === '/f16.json' ? never() : quick(url)));
    await host.advance(59_000);
    expect(outcome.said).toBeUndefined();
    await host.advance(2_000);
    expect(outcome.said).toBe('fallback webgl original');
    expect(incidents).toEqual(['fallback webgl float16 TimeoutError']);
  });

  it('is not waited for on the next visits of a day', async () => {
    load((url) => (url === '/f16.json' ? never() : quick(url)));
    await host.advance(61_000);
    nextVisit();
    const again = load(quick);
    await host.advance(1);
    expect(again.said).toBe('fallback webgl original');
    expect(incidents).toEqual([]);
    nextVisit();
    await host.advance(24 * 3600_000);
    const tomorrow = load(quick);
    await host.advance(1);
    expect(tomorrow.said).toBe('config webgl float16');
  });

  it('ends as soon as the page says', async () => {
    const outcome = load((url) => (url === '/f16.json' ? never() : quick(url)), { attemptMs: 500 });
    await host.advance(501);
    expect(outcome.said).toBe('fallback webgl original');
  });

  it('lets its model go when it comes after all', async () => {
    const disposed: string[] = [];
    const model = (url: string) => ({ ...fakeModel(url), dispose: () => disposed.push(url) });
    const outcome = load(
      (url) =>
        new Promise((resolve) => host.after(url === '/f16.json' ? 90_000 : 0, () => resolve(model(url)))),
    );
    await host.advance(61_000);
    expect(outcome.said).toBe('fallback webgl original');
    await host.advance(30_000);
    expect(disposed).toEqual(['/f16.json']);
    expect(incidents).toHaveLength(1);
  });

  it('is waited for as long as it takes when it is what the page would do itself', async () => {
    let resolve: (model: FakeModel) => void = () => undefined;
    const last = new Promise<FakeModel>((done) => {
      resolve = done;
    });
    let loads = 0;
    // The arm, its backend with the own variant, cpu, then whatever the library picks.
    const outcome = load(() => (++loads < 4 ? never() : last));
    await host.advance(60_000 + 2 * 180_000 + 1);
    expect(loads).toBe(4);
    await host.advance(3_600_000);
    expect(outcome.said).toBeUndefined();
    resolve(fakeModel('/f.json'));
    await host.advance(1);
    expect(outcome.said).toBe('fallback cpu original');
  });

  it('is never cut without a plan', async () => {
    serve({ models: {} });
    const outcome = load(
      (url) => new Promise((resolve) => host.after(3_000_000, () => resolve(fakeModel(url)))),
      { attemptMs: 1_000 },
    );
    await host.advance(2_999_000);
    expect(outcome.said).toBeUndefined();
    await host.advance(2_000);
    expect(outcome.said).toBe('default webgl original');
  });

  it('is told from a load that failed by a time limit of the page’s own: that may be gone next time', async () => {
    const outcome = load(async (url) => {
      if (url === '/f16.json') throw new DOMException('', 'TimeoutError');
      return fakeModel(url);
    });
    await host.advance(1);
    expect(outcome.said).toBe('fallback webgl original');
    nextVisit();
    const again = load(quick);
    await host.advance(1);
    expect(again.said).toBe('config webgl float16');
  });

  it('throws what the page’s own load threw, and only that', async () => {
    const outcome = load(async (url) => {
      throw new RangeError(url);
    });
    await host.advance(1);
    expect(outcome.said).toBe('RangeError: /f.json');
  });
});

describe('a start that never settles', () => {
  it('ends after 20 seconds, is given up, and set aside for a day', async () => {
    const { start } = adapter;
    adapter.start = (backend) => (backend === 'webgl' ? never() : start.call(adapter, backend));
    const outcome = load(quick);
    await host.advance(61_000);
    expect(outcome.said).toBe('fallback cpu original');
    expect(adapter.givenUp).toContain('webgl');
    nextVisit();
    const again = load(quick);
    await host.advance(1);
    expect(again.said).toBe('fallback cpu original');
    expect(adapter.started).toEqual(['cpu']);
  });

  it('leaves a backend alone that somebody else has started meanwhile: the page’s tensors are on it', async () => {
    const { start } = adapter;
    adapter.start = (backend) => {
      if (backend !== 'webgl') return start.call(adapter, backend);
      adapter.started.push(backend);
      return never();
    };
    const outcome = load(quick);
    await host.advance(61_000);
    expect(outcome.said).toBe('fallback cpu original');
    expect(adapter.givenUp).not.toContain('webgl');
  });

  it('of the adapter’s lazy part does not keep the page from its model', async () => {
    adapter.backends = never;
    const outcome = load(quick);
    await host.advance(81_000);
    expect(outcome.said).toMatch(/^fallback .* original$/);
  });

  it('of the library’s own pick does not, either', async () => {
    serve({ models: {} });
    adapter.startDefault = never;
    const outcome = load(quick);
    await host.advance(21_000);
    expect(outcome.said).toBe('default other original');
  });

  it('leaves the page its model when giving up throws', async () => {
    adapter.start = never;
    adapter.giveUp = () => {
      throw new TypeError('dispose');
    };
    const outcome = load(quick);
    await host.advance(81_000);
    expect(outcome.said).toMatch(/^fallback/);
  });
});
