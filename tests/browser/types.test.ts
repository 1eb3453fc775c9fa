/** The packed package's types, as an application's compiler reads them. */

import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Installed, installPackage } from './installed.js';

const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

const CONSUMER = `
  import { createMonitor, type Monitor, type WatchedModel } from 'inferfleet';
  import { any } from 'inferfleet/any';
  import { ort } from 'inferfleet/ort';
  import { tfjs } from 'inferfleet/tfjs';
  import 'inferfleet/global';

  const monitor: Monitor = createMonitor({ app: 'shop', endpoint: 'https://collector.example' });
  class Model { predict(x: number): number { return x; } }
  export async function use(): Promise<number> {
    const watched = await monitor.load('m', { adapter: any({ methods: ['predict'] }), url: '/m', load: async () => new Model() });
    const same: WatchedModel<Model> = watched;
    // @ts-expect-error: not a backend
    monitor.wrap('m', same.model, { adapter: any({ backend: 'gpu' }) });
    monitor.on('incident', ({ kind, backend }) => console.warn(kind, backend))();
    globalThis.inferfleet.createMonitor({ app: 'shop', endpoint: '' });
    return watched.model.predict(1);
  }
  // @ts-expect-error: no app
  createMonitor({ endpoint: '' });
  // @ts-expect-error: not a tf namespace
  tfjs({});
  // @ts-expect-error: not an ort namespace
  ort({});
`;

let installed: Installed;
beforeAll(() => {
  installed = installPackage();
}, 60_000);
afterAll(() => installed?.remove());

/** What the compiler says; nothing when all is well. */
function compiled(name: string, text: string, ...options: string[]): string {
  const file = installed.write(name, text);
  try {
    const base = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2022,dom', '--types', ''];
    execFileSync(process.execPath, [TSC, ...base, ...options, file], {
      encoding: 'utf8',
      cwd: installed.folder,
    });
    return '';
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

it.each([
  ['bundler', 'esnext', 'consumer.ts'],
  ['node16', 'node16', 'consumer.ts'],
  ['node16', 'node16', 'consumer.mts'],
  ['nodenext', 'nodenext', 'consumer.cts'], // TypeScript follows Node in requiring ESM
])('are right under moduleResolution %s (module %s, %s)', (resolution, module, file) => {
  expect(compiled(file, CONSUMER, '--module', module, '--moduleResolution', resolution)).toBe('');
});

it('tell a mistake', () => {
  const options = ['--module', 'esnext', '--moduleResolution', 'bundler'];
  const wrong = `import { createMonitor } from 'inferfleet'; createMonitor({ app: 1, endpoint: '' });`;
  expect(compiled('wrong.ts', wrong, ...options)).toMatch(/error TS2322/);
});
