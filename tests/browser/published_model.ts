/** A model as it is published: real weights in shards that are named by their content, and their hashes. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Served, World } from './server.js';

const require = createRequire(import.meta.url);
const MODELS = join(dirname(require.resolve('@vladmandic/human')), '../models');

const COMMAND = join(import.meta.dirname, '../../.venv/bin/inferfleet');

export const FOLDER = '/published/blazeface/';

export interface PublishedModel {
  /** Path of the entry. */
  url: string;
  integrity: string;
  /** Paths of all shards. */
  shards: string[];
  /** Two of them, of one length, that hold nothing but 32-bit floats. */
  alike: [string, string];
}

/** Where the shards begin and end, in bytes. */
const CUTS = [0, 180_000, 350_000, 520_000, 538_928];

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes);
export const integrityOf = (bytes: Uint8Array) => `sha256-${digest(bytes).digest('base64')}`;

/** Puts it on the server of models. */
export function publishBlazeface(world: World, headers: Served['headers'] = {}): PublishedModel {
  const weights = readFileSync(join(MODELS, 'blazeface.bin'));
  const model = JSON.parse(readFileSync(join(MODELS, 'blazeface.json'), 'utf8'));
  const parts = CUTS.slice(1).map((end, i) => weights.subarray(CUTS[i], end));
  const names = parts.map((part) => `${digest(part).digest('hex')}.bin`);
  model.weightsManifest[0].paths = names;
  model.inferfleet = {
    files: Object.fromEntries(
      parts.map((part, i) => [names[i], { bytes: part.length, integrity: integrityOf(part) }]),
    ),
  };
  const entry = Buffer.from(JSON.stringify(model));
  const url = `${FOLDER}${digest(entry).digest('hex').slice(0, 16)}.json`;
  world.served.set(url, { body: entry, headers });
  for (const [i, part] of parts.entries()) world.served.set(`${FOLDER}${names[i]}`, { body: part, headers });
  const shards = names.map((name) => FOLDER + name);
  return { url, integrity: integrityOf(entry), shards, alike: shards.slice(1, 3) as [string, string] };
}

/** Has the real command publish it, and puts what that wrote on the server of models. */
export function publishByCommand(world: World): Pick<PublishedModel, 'url' | 'integrity'> {
  const folder = mkdtempSync(join(tmpdir(), 'inferfleet-variants-'));
  try {
    const files = ['blazeface.json', 'blazeface.bin'].map((path) => {
      copyFileSync(join(MODELS, path), join(folder, path));
      const bytes = readFileSync(join(folder, path));
      return { path, bytes: bytes.length, sha256: digest(bytes).digest('hex') };
    });
    const variant = {
      name: 'published',
      kind: 'original',
      entry: 'blazeface.json',
      files,
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      id: '0123456789abcdef'.repeat(4),
    };
    const built = {
      format: 'inferfleet-variants-1',
      model: 'blazeface',
      engine: 'tfjs',
      source: { kind: 'graph_model', sha256: '0'.repeat(64), bytes: variant.bytes },
      variants: [variant],
    };
    writeFileSync(join(folder, 'variants.json'), JSON.stringify(built));
    const target = join(folder, 'target');
    execFileSync(COMMAND, ['variants', 'publish', folder, '--to', target, '--app', 'lab']);
    for (const file of readdirSync(target, { recursive: true, withFileTypes: true }))
      if (file.isFile()) {
        const path = join(file.parentPath, file.name);
        world.served.set(path.slice(target.length), { body: readFileSync(path) });
      }
    return JSON.parse(readFileSync(join(folder, 'published.json'), 'utf8')).variants[0];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
