/**
 * A page's whole life with two models, once with the SDK and once without: what the page gets must be the same. The
 * notes hold what each step gave or threw; steps that only the SDK has note that they did neither throw nor hang.
 */

import * as tf from '@tensorflow/tfjs';
import type { Monitor, MonitorOptions } from 'inferfleet';
import type {} from 'inferfleet/global';
import { graphModel, layersModel } from './models.js';

type Global = typeof globalThis.inferfleet;
export type Sdk = Pick<Global, 'createMonitor' | 'any'> & { adapter(): ReturnType<Global['tfjs']> };

export interface Life {
  sdk: Sdk | undefined;
  options: Partial<MonitorOptions>;
  /** Moves the SDK's clock on. */
  settle(ms: number): Promise<void>;
  hide(hidden: boolean): void;
}

/** The longest that a promise of the SDK may take, in real time: its own time limits run faster here. */
const BOUND_MS = 3_000;

export async function live({ sdk, options, settle, hide }: Life): Promise<string[]> {
  const notes: string[] = [];
  const note = (step: string, outcome: unknown) => notes.push(`${step}: ${JSON.stringify(outcome)}`);
  const thrown = (error: unknown) =>
    `threw ${(error as Error)?.constructor?.name} ${(error as Error)?.message}`;

  /** Notes what a step gives, and goes on whatever happens. */
  async function step<T>(
    name: string,
    run: () => T | Promise<T>,
    told: (value: T) => unknown,
  ): Promise<T | undefined> {
    try {
      const running = run(); // which may throw: before there is a time limit that nobody would hear of
      let timer: ReturnType<typeof setTimeout> | undefined;
      const bound = new Promise<never>((_, reject) => {
        timer = setTimeout(reject, BOUND_MS, new Error('it did not settle'));
      });
      const value = await Promise.race([running, bound]).finally(() => clearTimeout(timer));
      note(name, told(value));
      return value;
    } catch (error) {
      note(name, thrown(error));
    }
  }
  const ours = <T>(name: string, run: (monitor: Monitor) => T | Promise<T>) =>
    step(
      name,
      () => (monitor ? run(monitor) : undefined),
      () => 'fine',
    );

  const x = tf.tensor2d([1, 2, 3, 4], [2, 2]);
  const wrong = tf.ones([1, 5]);
  const layers = layersModel();
  const graph = await graphModel();
  const summed = {
    run: (n: number) => n + 1,
    later: async (n: number) => n + 2,
    bad: () => {
      throw new TypeError('bad');
    },
  };
  const read = (value: unknown) => Array.from((value as tf.Tensor).dataSync());

  const predictions = async (when: string) => {
    await step(`${when} predict`, () => layers.predict(x), read);
    await step(
      `${when} predict, data()`,
      async () => (layers.predict(x) as tf.Tensor).data(),
      (values) => [...values],
    );
    await step(`${when} predictOnBatch`, () => layers.predictOnBatch(x), read);
    await step(`${when} execute`, () => graph.execute(x), read);
    await step(
      `${when} executeAsync, array()`,
      async () => ((await graph.executeAsync(x)) as tf.Tensor).array(),
      (values) => values,
    );
    await step(`${when} predict of a wrong shape`, () => layers.predict(wrong), read);
    await step(
      `${when} executeAsync of a wrong shape`,
      () => graph.executeAsync(wrong),
      () => 0,
    );
    await step(
      `${when} a function`,
      () => summed.run(1),
      (sum) => sum,
    );
    await step(
      `${when} a promise`,
      () => summed.later(1),
      (sum) => sum,
    );
    await step(
      `${when} a function that throws`,
      () => summed.bad(),
      (sum) => sum,
    );
  };

  let monitor: Monitor | undefined;
  await step(
    'createMonitor',
    () => {
      monitor = sdk?.createMonitor({
        app: 'lab',
        endpoint: location.origin,
        key: 'lab-key',
        release: '1',
        ...options,
      });
    },
    () => 'fine',
  );
  const adapter = await step(
    'adapter',
    () => sdk?.adapter(),
    () => 'fine',
  );
  for (const event of ['window', 'load', 'incident', 'exposure', 'report', 'dropped'] as const)
    await ours(`on ${event}`, ({ on }) => on(event, () => undefined));
  await ours('on, with a listener that throws', ({ on }) =>
    on('window', () => {
      throw new Error('of the page');
    }),
  );

  const load = async (url: string) =>
    url === '/layers.json' ? layers : Promise.reject(new Error(`no model at ${url}`));
  const loaded = async (name: string, url: string) =>
    monitor && adapter ? monitor.load(name, { adapter, url, load }) : { model: await load(url) };
  const face = await step(
    'load',
    () => loaded('layers', '/layers.json'),
    ({ model }) => model === layers,
  );
  await step(
    'load what does not exist',
    () => loaded('absent', '/absent.json'),
    () => 'loaded',
  );
  const wrapped = await ours('wrap', ({ wrap }) => (adapter ? wrap('graph', graph, { adapter }) : undefined));
  await ours('wrap anything', ({ wrap }) =>
    wrap('sum', summed, { adapter: (sdk as Sdk).any({ backend: 'cpu', methods: ['run', 'later', 'bad'] }) }),
  );
  await ours('read the handles', () => [face, wrapped].map((handle) => handle && Object.values(handle)));

  await predictions('watched');
  await ours('stage', ({ stage }) => stage('pre')());
  await ours('stage of a model', ({ stage }) => stage('frame', { model: 'layers' })());
  await ours('snapshot', ({ snapshot }) => JSON.stringify(snapshot()));
  await settle(1_500);
  await ours('flush', ({ flush }) => flush());
  await settle(70_000);
  await predictions('a minute later');
  hide(true);
  await predictions('hidden');
  hide(false);
  await ours('flush again', ({ flush }) => flush());
  await ours('consent is taken back', ({ consent }) => consent(false));
  await predictions('without consent');
  await ours('consent is given', ({ consent }) => consent(true));
  await predictions('with consent');
  dispatchEvent(new Event('pagehide'));
  await predictions('after pagehide');
  await ours('unwrap', () => (wrapped as { unwrap(): void } | undefined)?.unwrap());
  await ours('close', ({ close }) => close());
  await predictions('closed');
  await settle(31_000);
  await step(
    'dispose',
    () => layers.dispose(),
    ({ refCountAfterDispose }) => refCountAfterDispose,
  );
  tf.dispose([x, wrong]);
  graph.dispose();
  return notes;
}
