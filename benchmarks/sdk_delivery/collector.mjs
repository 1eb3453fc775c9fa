// Serves the page and the SDK as published, and records what arrives: reports once by batch_id, as a collector does.
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const TYPES = { js: 'text/javascript', html: 'text/html', json: 'application/json' };
// Where a life went by navigation. It is there when its page is: only then is the life over.
const away = '<!doctype html><title>away</title><script>fetch("/made" + location.search)</script>';
const page = '<!doctype html><title>life</title><script type="module" src="/page.js"></script>';

/**
 * Resolves to `{ port, lives, close }`. `lives` is a Map of what each life, named by its reports' `release`, made
 * (undefined until it said so), what arrived of it, and how many reports arrived more than once.
 */
export async function serve(sdk, script) {
  // Read once: a build meanwhile must not change what is measured.
  const files = new Map(
    readdirSync(sdk, { recursive: true })
      .filter((name) => name.endsWith('.js'))
      .map((name) => [`/sdk/${name}`, readFileSync(join(sdk, name))]),
  );
  const batches = new Set();
  const lives = new Map();
  const lifeOf = (id) => {
    if (!lives.has(id)) lives.set(id, { made: undefined, received: 0, reports: 0, resent: 0, dropped: {} });
    return lives.get(id);
  };

  function receive(report) {
    const life = lifeOf(report.release);
    if (batches.has(report.batch_id)) {
      life.resent++;
      return { accepted: 0, duplicate: 1 };
    }
    batches.add(report.batch_id);
    life.reports++;
    for (const { count } of report.windows ?? []) life.received += count;
    for (const [reason, count] of Object.entries(report.dropped ?? {}))
      life.dropped[reason] = (life.dropped[reason] ?? 0) + count;
    return { accepted: 1, duplicate: 0 };
  }

  async function answer(request, response) {
    const { pathname, searchParams } = new URL(request.url, 'http://localhost');
    const send = (status, body, type = 'html') => {
      response.writeHead(status, { 'content-type': TYPES[type], 'cache-control': 'no-store' });
      response.end(body);
    };
    if (pathname === '/v1/report') {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const body = Buffer.concat(chunks);
      const answered = receive(JSON.parse((body[0] === 0x1f ? gunzipSync(body) : body).toString('utf8')));
      return send(202, JSON.stringify({ ...answered, rejected: {}, config_etag: null }), 'json');
    }
    if (pathname === '/made') {
      const life = lifeOf(searchParams.get('id'));
      life.made = Number(searchParams.get('made'));
      life.ms = Number(searchParams.get('ms'));
    }
    if (pathname === '/life') return send(200, page);
    if (pathname === '/page.js') return send(200, script, 'js');
    if (pathname === '/away') return send(200, away);
    if (pathname === '/made') return send(200, '');
    const file = files.get(pathname);
    send(file ? 200 : 404, file ?? '', 'js');
  }

  const server = createServer((request, response) => {
    // All of 127.0.0.0/8 is listened to: each address is an origin of its own.
    if (!/^(::ffff:)?127\./.test(request.socket.remoteAddress ?? '')) return response.destroy();
    answer(request, response).catch((error) => {
      // A connection that ended with its page is what is being tested; anything else is a fault of this program.
      if (!request.destroyed || error.code !== 'ECONNRESET') console.error('bench-delivery:', error);
      response.destroy();
    });
  });
  await new Promise((resolve) => server.listen(0, '0.0.0.0', resolve));
  return {
    port: server.address().port,
    lives,
    lifeOf,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
