/** Starts the system's Chromium with all four TensorFlow.js backends running for real, on a software GPU. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const CANDIDATES = [
  process.env.INFERFLEET_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

const ARGS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan',
];

/** Its path. */
export function findChromium(): string {
  const executablePath = CANDIDATES.find((path) => path && existsSync(path));
  if (!executablePath) {
    throw new Error(
      'No Chromium found. Install one (Debian: apt-get install chromium) or set INFERFLEET_CHROMIUM to its binary.',
    );
  }
  return executablePath;
}

/** @param without flags to leave out. */
export async function launchChromium(without: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: findChromium(),
    headless: true,
    args: ARGS.filter((flag) => !without.includes(flag)),
  });
}

/**
 * Chromium as a visitor has it, with nobody at its devtools: only so does it prerender pages and hide tabs. It opens `url`,
 * and may open tabs by itself. What goes on in it is told by its pages (`World.said`).
 */
export class PlainChromium {
  readonly #profile = mkdtempSync(join(tmpdir(), 'inferfleet-chromium-'));
  readonly #process: ChildProcess;

  constructor(url: string) {
    const own = ['--headless=new', `--user-data-dir=${this.#profile}`, '--disable-popup-blocking'];
    this.#process = spawn(findChromium(), [...ARGS, ...own, url], { stdio: 'ignore', detached: true });
  }

  /** To the browser and all that it started. */
  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGTERM' | 'SIGKILL'): void {
    if (this.#process.pid && this.#process.exitCode === null && !this.#process.signalCode)
      process.kill(-this.#process.pid, name);
  }

  /** As when a visitor closes it: its pages end first. */
  async close(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.signal('SIGTERM');
    const late = setTimeout(() => this.signal('SIGKILL'), 5_000);
    if (this.#process.exitCode === null && !this.#process.signalCode) await ended;
    clearTimeout(late);
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}
