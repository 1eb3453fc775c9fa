/** A monitor on a fake host, and what came of it: each report is held against the contract after the test. */

import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach, expect } from 'vitest';
import type { Arm, ConfigDocument } from '../src/generated/config.js';
import type { Report } from '../src/generated/report.js';
import { createMonitor, type Monitor, type MonitorOptions } from '../src/index.js';
import { FakeAdapter, fakeModel } from './fake_adapter.js';
import { accepted, FakeHost } from './fake_host.js';

const schema = JSON.parse(
  readFileSync(new URL('../../collector/contract/schema/report.schema.json', import.meta.url), 'utf8'),
);
const fits = new Ajv2020({ strict: false }).compile<Report>(schema);

export let host: FakeHost;
export let adapter: FakeAdapter;
export let monitor: Monitor;

/** Gives each test a host and an adapter of its own. */
export function useFakeHost(): void {
  beforeEach(() => {
    host = new FakeHost();
    useNewAdapter();
  });
  afterEach(() => {
    for (const { report } of host.sent) {
      fits(report);
      expect(fits.errors ?? []).toEqual([]);
    }
  });
}

export function useNewAdapter(): void {
  adapter = new FakeAdapter();
}

export const start = (options: Partial<MonitorOptions> = {}) => {
  monitor = createMonitor({
    app: 'lab',
    endpoint: 'https://c.example/',
    host,
    remoteConfig: false,
    ...options,
  });
  return monitor;
};
export const serve = (changes: Partial<ConfigDocument>, arms: Arm[] = []) => {
  host.answer = (url) => {
    if (!url.includes('/v1/config/')) return accepted();
    const document: ConfigDocument = {
      app: 'lab',
      version: 3,
      device_class: 'form=desktop,os=linux',
      issued_at: 0,
      expires_at: 9e15,
      models: { face: { arms, fallbacks: ['cpu'] } },
      ...changes,
    };
    return Response.json({ document: JSON.stringify(document) });
  };
};
export const loadFace = async (options: Record<string, unknown> = {}) => {
  const loading = monitor.load('face', {
    adapter,
    variants: { original: '/face.json', float16: '/face16.json' },
    load: async (url) => fakeModel(url),
    ...options,
  });
  await Promise.race([loading.catch(() => undefined), host.advance(1)]);
  return loading;
};
type Lists = Required<Pick<Report, 'windows' | 'loads' | 'incidents' | 'exposures' | 'stages'>>;
export const items = <L extends keyof Lists>(list: L): Lists[L][number][] =>
  host.sent.flatMap(({ report }): Lists[L][number][] => (report as Lists)[list] ?? []);
