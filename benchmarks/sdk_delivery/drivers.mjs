// What drives the browsers.
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));

/** puppeteer-core drives Firefox; it has a lock file of its own, so that the workspace's `npm ci` stays light. */
export function installDrivers() {
  const installed = join(HERE, 'node_modules/.package-lock.json');
  if (
    existsSync(installed) &&
    statSync(installed).mtimeMs >= statSync(join(HERE, 'package-lock.json')).mtimeMs
  )
    return;
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'], { cwd: HERE });
}
