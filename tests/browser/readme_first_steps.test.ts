/**
 * The first steps of both READMEs, done as printed: an empty folder, the packed package, Vite, a real collector, and in
 * the end a page in a real Chromium that remote config put on wasm with SIMD and threads.
 */

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';
import { build, createServer, preview } from 'vite';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { findChromium } from './chromium.js';
import { type Collector, startCollector } from './collector.js';
import { type Installed, installPackage } from './installed.js';
import { filesOf, snippetsOf } from './snippets.js';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 180_000 });

const ROOT = join(import.meta.dirname, '../..');
const require = createRequire(import.meta.url);
const SDK_README = readFileSync(join(ROOT, 'client_sdk_js/README.md'), 'utf8');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

const FIRST_STEPS = filesOf(SDK_README);
const COLLECTOR = 'http://127.0.0.1:8080';
const PLACE = { host: '127.0.0.1', port: 0 };

let installed: Installed;
let collector: Collector;
let browser: Browser;

/** The README's `export`s and the settings in front of `serve`, as a shell reads them. */
function printedSettings(): Record<string, string> {
  const shell = snippetsOf(SDK_README).find(({ text }) => text.includes('inferfleet serve'))?.text ?? '';
  const settings = [...shell.matchAll(/(INFERFLEET_\w+)=(?:'([^']*)'|(\S+))/g)];
  return Object.fromEntries(settings.map(([, name, quoted, plain]) => [name, quoted ?? plain]));
}

/** What `npm install` would bring, out of what is installed here. */
function bringDependencies(folder: string): void {
  const modules = join(folder, 'node_modules');
  const home = (name: string) => dirname(require.resolve(`${name}/package.json`));
  for (const name of ['tfjs-core', 'tfjs-backend-cpu', 'tfjs-backend-webgl', 'tfjs-backend-webgpu'])
    symlinkSync(home(`@tensorflow/${name}`), join(modules, '@tensorflow', name));
  // The dev server gives out files inside of the folder only, so that a link would not do.
  cpSync(home('@tensorflow/tfjs-backend-wasm'), join(modules, '@tensorflow/tfjs-backend-wasm'), {
    recursive: true,
    filter: (path) => !path.endsWith('.map'),
  });
  symlinkSync(home('vite'), join(modules, 'vite'));
  const models = join(dirname(require.resolve('@vladmandic/human')), '../models');
  mkdirSync(join(folder, 'public/models'), { recursive: true });
  for (const file of ['blazeface.json', 'blazeface.bin'])
    cpSync(join(models, file), join(folder, 'public/models', file));
}

beforeAll(async () => {
  const executablePath = findChromium();
  [collector, browser] = await Promise.all([
    startCollector(printedSettings()),
    // A browser that a person drives does not say that it is driven by a program, and this one stands for such.
    chromium.launch({
      executablePath,
      headless: true,
      args: [
        '--no-sandbox --use-gl=angle --use-angle=swiftshader --enable-unsafe-swiftshader',
        '--disable-blink-features=AutomationControlled',
      ]
        .join(' ')
        .split(' '),
    }),
  ]);
  installed = installPackage();
  bringDependencies(installed.folder);
  for (const [name, text] of FIRST_STEPS) installed.write(name, text.replaceAll(COLLECTOR, collector.url));
});
afterAll(async () => {
  await browser?.close();
  await collector?.close();
  installed?.remove();
});

/** Opens the page, waits until it says what it ran on, and leaves it; what it said. */
async function visit(context: BrowserContext, url: string): Promise<string> {
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(url);
  const status = page.getByRole('status');
  await status.filter({ hasText: 'predictions on' }).waitFor({ timeout: 90_000 });
  const said = (await status.textContent()) ?? '';
  await page.goto('about:blank'); // the page hides, and sends
  await page.close();
  expect(errors).toEqual([]);
  return said;
}

/** As a visitor's browser calls itself: a headless one says that it is, and its visits decide nothing. */
async function anew(url: string): Promise<string> {
  const page = await browser.newPage();
  const userAgent = (await page.evaluate(() => navigator.userAgent)).replace('Headless', '');
  await page.close();
  const context = await browser.newContext({ userAgent });
  try {
    return await visit(context, url);
  } finally {
    await context.close();
  }
}

/** What TypeScript says of a file; nothing when all is well. */
function complaints(...files: string[]): string {
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
  const options = '--noEmit --strict --skipLibCheck --target es2022 --lib es2023,dom --types';
  const modules = '--module esnext --moduleResolution bundler';
  try {
    const args = [tsc, ...options.split(' '), '', ...modules.split(' '), ...files];
    execFileSync(process.execPath, args, { cwd: installed.folder, encoding: 'utf8' });
    return '';
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

it('prints every file that the first steps need', () => {
  const names = ['src/backends.ts', 'vite.config.ts', 'index.html', 'src/main.ts', 'jest.config.cjs'];
  expect([...FIRST_STEPS.keys()]).toEqual(names);
});

it('prints files that compile, in both READMEs', () => {
  expect(complaints('src/main.ts', 'vite.config.ts')).toBe('');
  const short = filesOf(README);
  expect([...short.keys()]).toEqual(['src/backends.ts', 'src/main.ts']);
  for (const [name, text] of short) installed.write(name.replace('src/', 'src/short/'), text);
  expect(complaints('src/short/main.ts')).toBe('');
  expect(short.get('src/backends.ts')).toBe(FIRST_STEPS.get('src/backends.ts'));
});

it("starts wasm with threads under Vite's dev server", async () => {
  const server = await createServer({ root: installed.folder, server: PLACE, logLevel: 'error' });
  try {
    await server.listen();
    const url = server.resolvedUrls?.local[0] ?? '';
    expect(await anew(`${url}?backend=wasm`)).toBe('20 predictions on wasm-simd-threads, chosen by override');
  } finally {
    await server.close();
  }
});

it('ends on wasm-simd-threads, by config, when built', async () => {
  await build({ root: installed.folder, logLevel: 'error' });
  expect(existsSync(join(installed.folder, 'dist/index.html'))).toBe(true);
  const server = await preview({ root: installed.folder, preview: PLACE, logLevel: 'error' });
  try {
    const url = server.resolvedUrls?.local[0] ?? '';
    for (let i = 0; i < 3; i++)
      for (const [backend, runs] of [
        ['webgl', 'webgl'],
        ['wasm', 'wasm-simd-threads'],
      ])
        expect(await anew(`${url}?backend=${backend}`)).toBe(`20 predictions on ${runs}, chosen by override`);
    const pending = () => collector.metric('inferfleet_spool_pending_reports');
    await expect.poll(pending, { timeout: 30_000 }).toBe(0);
    await collector.command('recommend', '--app', 'shop');
    await collector.command('publish', '--app', 'shop');
    // A config that a busy machine does not bring within the 300 ms that a page waits for it is for the next visit.
    const steered = '20 predictions on wasm-simd-threads, chosen by config';
    await expect.poll(() => anew(url), { timeout: 60_000 }).toBe(steered);
  } finally {
    await server.close();
  }
});
