/** The package as a stranger gets it: packed, and installed into an empty folder outside of the repository. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const SDK = join(import.meta.dirname, '../../client_sdk_js');
const require = createRequire(import.meta.url);

export interface Installed {
  folder: string;
  /** Writes a file of the application, and gives its path. */
  write(name: string, text: string): string;
  remove(): void;
}

export function installPackage(): Installed {
  const folder = mkdtempSync(join(tmpdir(), 'inferfleet-stranger-'));
  const npm = (cwd: string, ...args: string[]) =>
    execFileSync('npm', [...args, '--offline', '--loglevel=error'], { cwd, encoding: 'utf8' });
  const [packed] = JSON.parse(npm(SDK, 'pack', '--json', '--ignore-scripts', '--pack-destination', folder));
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  npm(folder, 'install', '--no-audit', '--no-fund', '--omit=peer', join(folder, packed.filename));
  // The engine is the application's own: the one that is here.
  mkdirSync(join(folder, 'node_modules/@tensorflow'));
  const tfjs = dirname(require.resolve('@tensorflow/tfjs/package.json'));
  symlinkSync(tfjs, join(folder, 'node_modules/@tensorflow/tfjs'));
  return {
    folder,
    write(name, text) {
      const path = join(folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      return path;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
