/**
 * Fetches a model's files ahead of the page's own `load`, and holds each against its hash: the plan names that of the
 * entry, and the entry (model.json) those of its shards. A file of its own, fetched when a plan has a model checked.
 */

/** Beside the weights, the entry of a model of TensorFlow.js holds the hashes of its files; TensorFlow.js ignores them. */
interface Entry {
  weightsManifest?: { paths: string[] }[];
  inferfleet?: { files?: Record<string, { bytes: number; integrity: string }> };
}

const MOST_FILES = 1_024;
const MOST_BYTES = 2 ** 31 - 1; // what a browser can hold as one piece
const MOST_JSON_BYTES = 2 ** 26;
const AT_ONCE = 6; // connections that HTTP/1.1 gives one server
const NAME = /^[A-Za-z0-9][\w.+-]{0,127}$/;
const HASH = /^sha256-[A-Za-z0-9+/]{43}=$/;
const BRACE = 0x7b;

/** A file is not the one that the plan names: another status, length or hash. */
class IntegrityError extends Error {
  override readonly name = 'IntegrityError';
}

interface Wanted {
  integrity: string;
  /** undefined for the entry: the plan does not say. */
  bytes?: number;
}

export interface CheckedFiles {
  /** A checked file of the model; undefined for any other, which is none of ours. */
  _of(input: RequestInfo | URL): Promise<Response> | undefined;
  /** Whether anybody asked for one. */
  _isAsked(): boolean;
  /** The load is over: what nobody asked for is let go. */
  _end(): void;
}

/**
 * Resolves when every file of the model is there and right.
 *
 * @param base what relative URLs are relative to.
 * @throws IntegrityError, or what `ask` threw.
 */
export async function checkFiles(
  ask: typeof fetch,
  entry: string,
  integrity: string,
  base: string | undefined,
  signal: AbortSignal,
): Promise<CheckedFiles> {
  const wanted = new Map<string, Wanted>();
  const held = new Map<string, Response>();
  const { href, search } = new URL(entry, base);
  let left = MOST_BYTES;
  let asked = false;

  wanted.set(href, { integrity });
  const json = await hold(href, { integrity });
  for (const [name, file] of Object.entries(filesOf(json))) {
    const { bytes } = file;
    left -= bytes;
    if (!NAME.test(name) || !HASH.test(file.integrity) || !(bytes >= 0) || left < 0)
      throw new IntegrityError();
    // As TensorFlow.js does: a query holds for all files.
    const shard = new URL(name, href);
    shard.search = search;
    wanted.set(shard.href, { integrity: file.integrity, bytes });
  }
  if (wanted.size > MOST_FILES) throw new IntegrityError();
  const rest = [...wanted].slice(1);
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = rest.shift(); next; next = rest.shift()) await hold(...next);
    }),
  );

  return {
    _of(input) {
      let url: string;
      try {
        url = new URL(input instanceof Request ? input.url : input, base).href;
      } catch {
        return undefined; // whoever fetches it is told
      }
      const file = wanted.get(url);
      if (!file) return undefined;
      asked = true;
      const response = held.get(url);
      held.delete(url);
      return response ? Promise.resolve(response) : fetchFile(url, file).then(([checked]) => checked);
    },
    _isAsked: () => asked,
    _end: () => held.clear(),
  };

  async function hold(url: string, file: Wanted): Promise<Uint8Array> {
    const [response, bytes] = await fetchFile(url, file);
    held.set(url, response);
    return bytes;
  }

  /** Once more past the browser's cache, which may have kept a wrong one for a year. */
  async function fetchFile(url: string, file: Wanted): Promise<[Response, Uint8Array]> {
    try {
      return await fetchOnce(url, file);
    } catch (error) {
      if (!(error instanceof IntegrityError)) throw error;
      return fetchOnce(url, file, { cache: 'reload' });
    }
  }

  async function fetchOnce(
    url: string,
    { integrity, bytes: length }: Wanted,
    init?: RequestInit,
  ): Promise<[Response, Uint8Array]> {
    // Plain http has no digest of its own: there the browser checks, and fails as if the network had.
    const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;
    const response = await ask(url, { signal, ...init, ...(subtle ? {} : { integrity }) });
    if (!response.ok) throw new IntegrityError();
    const bytes = await read(response, length);
    if (subtle && (await hashOf(subtle, bytes)) !== integrity) throw new IntegrityError();
    const type = response.headers.get('content-type');
    return [new Response(bytes, type ? { headers: { 'content-type': type } } : {}), bytes];
  }
}

/** All bytes of an answer, which may be longer or shorter than it should. */
async function read(response: Response, length: number | undefined): Promise<Uint8Array<ArrayBuffer>> {
  const reader = response.body?.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
    size += next.value.length;
    if (size > (length ?? MOST_BYTES)) {
      await reader?.cancel();
      throw new IntegrityError();
    }
    chunks.push(next.value);
  }
  if (size !== (length ?? size)) throw new IntegrityError();
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

async function hashOf(subtle: SubtleCrypto, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await subtle.digest('SHA-256', bytes));
  return `sha256-${btoa(String.fromCharCode(...hash))}`;
}

/**
 * The files that an entry names beside itself; none when it is no JSON (an .onnx, a .tflite).
 *
 * @throws IntegrityError when it has weights of which it names no hash.
 */
function filesOf(bytes: Uint8Array): NonNullable<NonNullable<Entry['inferfleet']>['files']> {
  if (bytes[0] !== BRACE) return {};
  if (bytes.length > MOST_JSON_BYTES) throw new IntegrityError();
  const { weightsManifest = [], inferfleet }: Entry = JSON.parse(new TextDecoder().decode(bytes));
  const files = inferfleet?.files ?? {};
  for (const { paths } of weightsManifest)
    if (!paths.every((path) => Object.hasOwn(files, path))) throw new IntegrityError();
  return files;
}
