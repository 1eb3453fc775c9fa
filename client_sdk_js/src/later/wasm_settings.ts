/** What a plan says of the wasm runtime, as adapters take it. */

import type { WasmSettings } from '../core/adapter.js';
import type { Host } from '../core/host.js';
import type { MonitorOptions } from '../core/options.js';
import type { ConfigDocument, ModelPlan } from '../generated/config.js';
import { mayLoad } from './origins.js';

const LOOKING_MS = 3_000;

/**
 * The settings of one model. Its paths are held to the page's own origin and `modelOrigins`, as models are: the
 * files are code. Where one of them is not really there, the page keeps its own: an engine whose files were not found
 * does not start again.
 */
export function wasmSettings(
  host: Host,
  limits: Pick<MonitorOptions, 'modelOrigins'>,
  { wasm_threads: threads }: ModelPlan,
  { wasm_paths: where }: ConfigDocument,
): WasmSettings {
  return {
    threads: threads ?? undefined,
    async paths(files) {
      if (!where || !mayLoad(where, limits)) return undefined;
      const folder = new URL(where.replace(/\/?$/, '/'), globalThis.location?.href).href;
      const found = await Promise.all(files.map((file) => isThere(host, folder + file)));
      const missing = files.filter((_, i) => !found[i]);
      if (!missing.length) return folder;
      console.warn(
        `inferfleet: the page keeps its own wasm files, for ${folder} of the plan lacks ${missing.join(', ')}`,
      );
      return undefined;
    },
  };
}

async function isThere(host: Host, url: string): Promise<boolean> {
  const ask = host.fetch ?? ((input, init) => fetch(input, init));
  const abort = new AbortController();
  const cancel = host.after(LOOKING_MS, () => abort.abort());
  try {
    let found: Response | undefined;
    for (const method of ['HEAD', 'GET']) {
      found = await ask(url, { method, credentials: 'same-origin', signal: abort.signal });
      if (found.status !== 405 && found.status !== 501) break; // a server that knows no HEAD
    }
    // An application's server may answer all that it does not have with its index.html.
    return !!found?.ok && !/html/.test(found.headers.get('content-type') ?? '');
  } catch {
    return false; // refused, offline or too late: the engine's own request would have ended the same way
  } finally {
    cancel();
    abort.abort(); // of a GET the headers were enough
  }
}
