// The peers that the SDK is measured beside come from this folder's own lock file: the workspace's `npm ci` stays light.
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';

const HERE = import.meta.dirname;

/** Installs the peers, unless they are there as the lock file says. */
export function installPeers() {
  const installed = join(HERE, 'node_modules/.package-lock.json');
  const wanted = join(HERE, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs) return;
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'], {
    cwd: HERE,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}
