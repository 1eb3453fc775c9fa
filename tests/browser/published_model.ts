/** A model as it is published: real weights in shards that are named by their content, and their hashes. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Served, World } from './server.js';

const require = createRequire(import.meta.url);
const MODELS = join(dirname(require.resolve('@vladmandic/human')), '../models');

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
