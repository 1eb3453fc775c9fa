/** The world around a page under test: static files out of node_modules, and a collector that only records. */

import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, extname, join, normalize } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { build } from 'esbuild';

const require = createRequire(import.meta.url);
const HERE = import.meta.dirname;
const SDK = join(HERE, '../../client_sdk_js');
const WASM = dirname(require.resolve('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm'));
const ORT = dirname(require.resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm'));
const VAD = dirname(require.resolve('@ricky0123/vad-web/dist/silero_vad_v5.onnx'));
const LITERT = join(dirname(require.resolve('@litertjs/core/package.json')), 'wasm');
const MODELS = join(dirname(require.resolve('@vladmandic/human')), '../models');

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

export interface Received {
  report: Record<string, unknown>;
  contentType: string;
  query: URLSearchParams;
  bytes: number;
}

/** What a server of models answers for one path. */
export interface Served {
  body: Uint8Array | string;
  /** Default 200. */
  status?: number;
  headers?: Record<string, string>;
}

export interface World {
  origin: string;
  reports: Received[];
  configRequests: URL[];
  /** What they were answered: 304 for one that the browser had already. */
  configStatuses: number[];
  /** What GET /v1/config answers: the body, or undefined for a 404. */
  config: unknown;
  /** How long that answer takes. */
  configDelayMs: number;
  /** Statuses that the next reports are answered with, before 202 again. */
  refusals: number[];
  /** Whether the collector takes connections and never answers a report. */
  silent: boolean;
  /** Sizes of what the page itself posted to /host, a server of its own. */
  hostBytes: number[];
  /** What pages posted to /say, as JSON: how a page tells of itself in a browser without devtools. */
  said: unknown[];
  /** Texts by path: pages and scripts of one test. Nothing stands between them and the browser, as a route would. */
  files: Map<string, string>;
  /** What the server of models answers, by path. */
  served: Map<string, Served>;
  /** The paths that it was asked for, as often as it was. */
  servedRequests: string[];
  close(): Promise<void>;
}

export async function startWorld(): Promise<World> {
  const bundle = await build({
    entryPoints: [join(HERE, 'page/lab.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    define: { SDK_VERSION: '"0.0.0-test"' },
    alias: {
      inferfleet: join(SDK, 'src/index.ts'),
      'inferfleet/canary': join(SDK, 'src/canary.ts'),
      'inferfleet/tfjs': join(SDK, 'src/tfjs.ts'),
    },
    logLevel: 'error',
  });
  const lab = bundle.outputFiles[0]?.contents;
  if (!lab) throw new Error('esbuild made no bundle of page/lab.ts');

  const modular = await build({
    entryPoints: { application: join(HERE, 'page/modular.ts'), engines: join(HERE, 'page/engines.ts') },
    bundle: true,
    splitting: true,
    write: false,
    format: 'esm',
    outdir: '/modular',
    logLevel: 'error',
  });
  const modules = new Map(modular.outputFiles.map(({ path, contents }) => [path, contents]));

  const world: Omit<World, 'origin' | 'close'> = {
    reports: [],
    configRequests: [],
    configStatuses: [],
    config: undefined,
    configDelayMs: 0,
    refusals: [],
    silent: false,
    hostBytes: [],
    said: [],
    files: new Map(),
    served: new Map(),
    servedRequests: [],
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const path = url.pathname;
    // As the collector does for a page of another origin that the app declares.
    if (path.startsWith('/v1/'))
      response.setHeader('access-control-allow-origin', request.headers.origin ?? '*');
    if (request.method === 'POST' && path === '/host') {
      world.hostBytes.push((await bytesOf(request)).length);
      return send(response, 200, '{}', '.json');
    }
    if (request.method === 'POST' && path === '/say') {
      world.said.push(JSON.parse((await bytesOf(request)).toString()));
      return send(response, 200, '{}', '.json');
    }
    if (request.method === 'POST' && path === '/v1/report') return receive(request, response, url);
    if (path.startsWith('/v1/config/')) {
      world.configRequests.push(url);
      await new Promise((resolve) => setTimeout(resolve, world.configDelayMs));
      if (world.config === undefined) return send(response, 404, '{}');
      const body = JSON.stringify(world.config);
      const etag = `"${createHash('sha256').update(body).digest('hex').slice(0, 32)}"`;
      response.setHeader('etag', etag);
      response.setHeader('cache-control', 'public, max-age=0');
      const unchanged = request.headers['if-none-match'] === etag;
      world.configStatuses.push(unchanged ? 304 : 200);
      return send(response, unchanged ? 304 : 200, unchanged ? '' : body, '.json');
    }
    if (path === '/lab.js') return send(response, 200, lab as Uint8Array, '.js');
    if (path === '/plain' || path === '/isolated') {
      if (path === '/isolated') isolate(response);
      return send(response, 200, '<!doctype html><title>lab</title><script src="/lab.js"></script>', '.html');
    }
    const served = world.served.get(path);
    if (served) {
      world.servedRequests.push(path);
      const { body, status = 200, headers } = served;
      response.writeHead(status, { 'content-type': TYPES[extname(path)] ?? 'text/plain', ...headers });
      return void response.end(body);
    }
    const module = modules.get(path) ?? world.files.get(path);
    if (module !== undefined) return send(response, 200, module, extname(path) || '.html');
    if (path === '/modular') {
      response.setHeader('content-security-policy', "default-src 'self'");
      const script = '<script type="module" src="/modular/application.js"></script>';
      return send(response, 200, `<!doctype html><title>lab</title>${script}`, '.html');
    }
    if (path === '/engines' || path === '/engines-isolated') {
      if (path === '/engines-isolated') isolate(response);
      const script = '<script type="module" src="/modular/engines.js"></script>';
      return send(response, 200, `<!doctype html><title>engines</title>${script}`, '.html');
    }
    const [, folder, ...rest] = normalize(path).split('/');
    const root = { wasm: WASM, models: MODELS, ort: ORT, vad: VAD, litert: LITERT }[folder ?? ''];
    const file = root && join(root, rest.join('/'));
    if (!file || !existsSync(file)) return send(response, 404, 'not here');
    response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream');
    response.setHeader('cache-control', 'max-age=3600');
    // The workers of an isolated page are scripts that say so themselves, or they do not start.
    response.setHeader('cross-origin-embedder-policy', 'require-corp');
    createReadStream(file).pipe(response);
  }

  async function receive(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const arrived = await bytesOf(request);
    // As the collector does: gzip is known by its first bytes.
    const body = arrived[0] === 0x1f ? gunzipSync(arrived) : arrived;
    if (world.silent) return;
    const refusal = world.refusals.shift();
    if (refusal) return send(response, refusal, '{}', '.json');
    world.reports.push({
      report: JSON.parse(body.toString('utf8')),
      contentType: request.headers['content-type'] ?? '',
      query: url.searchParams,
      bytes: arrived.length,
    });
    send(response, 202, JSON.stringify({ accepted: 1, duplicate: 0, rejected: {} }), '.json');
  }

  const server: Server = createServer((request, response) => {
    answer(request, response).catch((error: Error) => send(response, 500, String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return Object.assign(world, {
    origin: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  });
}

/** What wasm threads need. */
function isolate(response: ServerResponse): void {
  response.setHeader('cross-origin-opener-policy', 'same-origin');
  response.setHeader('cross-origin-embedder-policy', 'require-corp');
}

function send(response: ServerResponse, status: number, body: string | Uint8Array, type = '.html'): void {
  response.writeHead(status, { 'content-type': TYPES[type] ?? 'text/plain' });
  response.end(body);
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
