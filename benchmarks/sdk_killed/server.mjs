// Serves the page, the model and a plan, holds back the file that a life is to be killed over, and records what the lives
// report, each report once by its batch_id, as a collector does.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { gunzipSync } from 'node:zlib';

const TYPES = { '.js': 'text/javascript', '.json': 'application/json', '.wasm': 'application/wasm' };
const html = (script) =>
  `<!doctype html><title>${script}</title><script type="module" src="/page/${script}.js"></script>`;
// The page of the next origin: only when it is there is the life before it over.
const away =
  '<!doctype html><title>away</title><script>fetch("/reached?what=away&id=" + new URLSearchParams(location.search).get("id"))</script>';
const PLAN = {
  app: 'bench',
  version: 3,
  device_class: '*',
  issued_at: 0,
  expires_at: 9e15,
  models: { face: { arms: [{ backend: 'wasm', probability: 1 }], fallbacks: ['cpu'] } },
};

/**
 * @param files what is served: (path) => the file's own path, or undefined.
 * Resolves to `{ port, reached, reports, costs, close }`: what each life, named by its `id`, came to; the reports that
 * arrived; and what the page of costs measured.
 */
export async function serve(files) {
  const reached = new Map();
  const reports = new Map();
  const costs = [];
  const resent = { reports: 0 };

  async function answer(request, response) {
    const { pathname, searchParams } = new URL(request.url, 'http://localhost');
    const send = (status, body, type = 'text/html') => {
      response.writeHead(status, {
        'content-type': type,
        'cache-control': 'no-store',
        'cross-origin-opener-policy': 'same-origin', // for a clock that tells 5 µs
        'cross-origin-embedder-policy': 'require-corp',
      });
      response.end(body);
    };
    const note = (id, what) => reached.set(id, [...(reached.get(id) ?? []), what]);
    if (pathname === '/v1/report') {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const body = Buffer.concat(chunks);
      const report = JSON.parse((body[0] === 0x1f ? gunzipSync(body) : body).toString('utf8'));
      if (reports.has(report.batch_id)) resent.reports++;
      else reports.set(report.batch_id, report);
      return send(202, JSON.stringify({ accepted: 1, duplicate: 0, rejected: {} }), TYPES['.json']);
    }
    if (pathname.startsWith('/v1/config/'))
      return send(200, JSON.stringify({ document: JSON.stringify(PLAN) }), TYPES['.json']);
    if (pathname === '/reached') note(searchParams.get('id'), searchParams.get('what'));
    if (pathname === '/cost')
      costs.push(Object.fromEntries([...searchParams].map(([name, value]) => [name, Number(value)])));
    if (pathname === '/reached' || pathname === '/cost') return send(200, '');
    if (pathname === '/life') return send(200, html('page'));
    if (pathname === '/costs') return send(200, html('cost'));
    if (pathname === '/away') return send(200, away);
    const held = pathname.match(/^\/(?:wasm\/(start)|model\/(load))\/.*\.(?:wasm|bin)$/);
    if (held)
      return note(new URL(request.headers.referer ?? 'http://x').searchParams.get('id'), held[1] ?? held[2]);
    const file = files(pathname);
    if (!file) return send(404, '');
    send(200, readFileSync(file), TYPES[extname(file)] ?? 'application/octet-stream');
  }

  const server = createServer((request, response) => {
    // All of 127.0.0.0/8 is listened to: each address is an origin of its own.
    if (!/^(::ffff:)?127\./.test(request.socket.remoteAddress ?? '')) return response.destroy();
    answer(request, response).catch((error) => {
      if (!request.destroyed || error.code !== 'ECONNRESET') console.error('bench-killed:', error);
      response.destroy();
    });
  });
  await new Promise((resolve) => server.listen(0, '0.0.0.0', resolve));
  return {
    port: server.address().port,
    reached,
    reports,
    costs,
    resent,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
