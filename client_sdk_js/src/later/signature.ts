/** Checks the Ed25519 signature of a config envelope with WebCrypto. */

import type { ConfigEnvelope } from '../generated/config.js';

const decode = (base64url: string) =>
  Uint8Array.from(atob(base64url.replace(/-/g, '+').replace(/_/g, '/')), (char) => char.charCodeAt(0));

/**
 * Whether `envelope` was signed by the holder of `publicKey` (32 raw bytes, base64url).
 *
 * Rejects with the browser's own error where WebCrypto has no Ed25519, or is missing (plain http).
 */
export async function isSigned(envelope: ConfigEnvelope, publicKey: string): Promise<boolean> {
  if (!envelope.signature) return false;
  const key = await crypto.subtle.importKey('raw', decode(publicKey), { name: 'Ed25519' }, false, ['verify']);
  const document = new TextEncoder().encode(envelope.document);
  return crypto.subtle.verify({ name: 'Ed25519' }, key, decode(envelope.signature), document);
}
