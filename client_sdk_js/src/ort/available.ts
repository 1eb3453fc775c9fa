/** Which execution provider a session runs on, as far as can be told without running it. */

import type { Provider } from './providers.js';
import type { Ort } from './types.js';

/**
 * The first provider that the library did not leave out; it goes on to the next, and to wasm, without telling anybody.
 * `webgl` has a runtime of its own, which the session's handler shows. Behind a proxy the runtime is in a worker, where
 * its device cannot be seen: there what is asked for is believed. Undefined when nothing was asked for, `other` when it
 * cannot be told.
 */
export function providerOf(
  { wasm, webgpu }: Ort['env'],
  wanted: Provider[],
  session: object,
): string | undefined {
  const { handler } = session as { handler?: { session?: unknown } };
  const isThere: Record<string, unknown> = {
    wasm: 1,
    cpu: 1,
    webgpu: wasm.proxy || webgpu?.device,
    webnn: Reflect.get(globalThis.navigator ?? {}, 'ml'),
    webgl: handler?.session,
  };
  const found = wanted.find(({ name, device }) => device || isThere[name]);
  return wanted[0] && (found?.name ?? 'other');
}
