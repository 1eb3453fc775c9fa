/** A page whose model takes as long, and answers what, on each backend as the test says. */

import { vi } from 'vitest';
import type { Canary, ModelPlan } from '../src/generated/config.js';
import type { Backend, Race } from '../src/generated/report.js';
import type { LoadOptions, Monitor, MonitorOptions, WatchedModel } from '../src/index.js';
import { createMonitor } from '../src/index.js';
import { FakeAdapter, type FakeModel, fakeModel } from './fake_adapter.js';
import { accepted, FakeHost } from './fake_host.js';

export interface RacedModel extends FakeModel {
  backend: Backend;
  dispose(): void;
}

type Options = Partial<LoadOptions<RacedModel>>;

const RIGHT = [0.5, -1, 2];
const PER_MODEL = 7; // tensors that a model holds

export class RacePage {
  host = new FakeHost();
  adapter = new FakeAdapter();
  monitor!: Monitor;
  version = 1;
  plan: Partial<ModelPlan> = {};
  /** A warm prediction, in ms. */
  warmMs: Partial<Record<Backend, number>> = { cpu: 40, 'wasm-simd': 8, webgl: 20, webgpu: 12 };
  /** What the first prediction takes beside that. */
  firstMs: Partial<Record<Backend, number>> = {};
  loadMs: Partial<Record<Backend, number>> = {};
  answers: Partial<Record<Backend, number[]>> = {};
  /** What the reference input is run on. */
  predicted: Backend[] = [];
  loaded: (Backend | undefined)[] = [];
  alive = new Set<RacedModel>();
  races: Race[] = [];
  incidents: string[] = [];
  exposed: string[] = [];
  windows = 0;
  canary: Canary | undefined;

  constructor() {
    this.host.kept.set('inferfleet:install', JSON.stringify('an-install-of-a-test'));
    vi.stubGlobal('navigator', { userAgent: chrome(120) });
    const { adapter } = this;
    adapter.tensors = 0;
    this.race();
  }

  /** What the plan has its installs race. */
  race(share = 1, backends: Backend[] = ['wasm-simd', 'webgl', 'webgpu', 'cpu'], budget_ms = 1_500): void {
    this.plan.race = { share, budget_ms, arms: backends.map((backend) => ({ backend })) };
  }

  /** Another page life on the same device. */
  open(options: Partial<MonitorOptions> = {}): void {
    this.monitor?.close();
    const { host } = this;
    [this.races, this.incidents, this.exposed, this.loaded, this.predicted] = [[], [], [], [], []];
    this.adapter = Object.assign(new FakeAdapter(), {
      tensors: 0,
      version: this.adapter.version,
      startable: this.adapter.startable,
    });
    this.alive.clear();
    host.answer = (url) => {
      if (!url.includes('/v1/config/')) return accepted();
      const arms = [{ backend: 'webgl' as const, probability: 1 }];
      const model: ModelPlan = { arms, ...this.plan, ...(this.canary && { canary: this.canary }) };
      const models = { face: model, hand: model };
      const document = {
        app: 'lab',
        version: this.version,
        device_class: '*',
        issued_at: 0,
        expires_at: 9e15,
        models,
      };
      return Response.json({ document: JSON.stringify(document) });
    };
    this.monitor = createMonitor({ app: 'lab', endpoint: '', host, ...options });
    this.monitor.on('race', (race) => this.races.push(race));
    this.monitor.on('window', ({ count }) => {
      this.windows += count;
    });
    this.monitor.on('incident', ({ kind, backend }) => this.incidents.push(`${kind} ${backend}`));
    this.monitor.on('exposure', ({ source, backend }) => this.exposed.push(`${source} ${backend}`));
  }

  private make(url: string): RacedModel {
    const { adapter, alive } = this;
    adapter.tensors += PER_MODEL;
    const model = {
      ...fakeModel(url),
      backend: adapter.current,
      dispose: () => {
        if (alive.delete(model)) adapter.tensors -= PER_MODEL;
      },
    };
    alive.add(model);
    return model;
  }

  run = (model: RacedModel): number[] => {
    const { current } = this.adapter;
    const isFirst = !this.predicted.includes(current);
    this.predicted.push(current);
    if (!this.alive.has(model)) throw new Error('a model that was disposed of');
    this.host.time += (this.warmMs[current] ?? 1) + (isFirst ? (this.firstMs[current] ?? 0) : 0);
    return this.answers[current] ?? RIGHT;
  };

  options(more: Options = {}): LoadOptions<RacedModel> {
    return {
      adapter: this.adapter,
      url: '/face.json',
      load: async (url, backend) => {
        this.loaded.push(backend);
        this.host.time += this.loadMs[this.adapter.current] ?? 0;
        return this.make(url);
      },
      check: { canary: this.run },
      ...more,
    };
  }

  async load(
    more: Options = {},
    how: 'load' | 'race' = 'load',
    name = 'face',
  ): Promise<WatchedModel<RacedModel>> {
    const loading = this.monitor[how](name, this.options(more));
    await Promise.race([loading.catch(() => undefined), this.host.advance(400)]);
    for (let i = 0; i < 400; i++)
      await Promise.race([loading.catch(() => undefined), this.host.advance(100)]);
    return loading;
  }

  /** `backend outcome` of each that was raced. */
  get outcomes(): string[] {
    return this.races.flatMap(({ results }) =>
      results.map(({ backend, outcome }) => `${backend} ${outcome}`),
    );
  }
}

export const chrome = (major: number): string =>
  `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${major}.0.0.0 Safari/537.36`;
