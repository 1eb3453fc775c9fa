/** Checks the Ed25519 signature of a config document with WebCrypto. */

const decode = (base64url: string) =>
  Uint8Array.from(atob(base64url.replace(/-/g, '+').replace(/_/g, '/')), (char) => char.charCodeAt(0));

let told = false;

/**
 * Whether `document` was signed by the holder of `publicKey` (32 raw bytes, base64url).
 *
 * Rejects with an Error where that cannot be told: WebCrypto has no Ed25519, or is missing (plain http), or the key is
 * none. With `tells` the console says so, once.
 */
export async function isSigned(
  document: unknown,
  signature: unknown,
  publicKey: string,
  tells: boolean,
): Promise<boolean> {
  let key: CryptoKey;
  try {
    key = await crypto.subtle.importKey('raw', decode(publicKey), { name: 'Ed25519' }, false, ['verify']);
  } catch (error) {
    if (tells) tell((error as Error).name);
    throw new Error('config signature cannot be checked'); // no TypeError, as a failed request is
  }
  if (typeof document !== 'string' || typeof signature !== 'string') return false;
  return crypto.subtle.verify(
    { name: 'Ed25519' },
    key,
    decode(signature),
    new TextEncoder().encode(document),
  );
}

function tell(name: string): void {
  if (told) return;
  told = true;
  const why = !globalThis.crypto?.subtle
    ? 'without https or localhost a page has no WebCrypto'
    : name === 'NotSupportedError'
      ? 'the WebCrypto of this browser has no Ed25519'
      : `configPublicKey is no Ed25519 key of 32 bytes in base64url (${name})`;
  console.warn(`inferfleet goes by no remote config, since its signature cannot be checked: ${why}`);
}
