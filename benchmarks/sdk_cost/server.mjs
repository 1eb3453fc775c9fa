// Serves the page, the SDK as published, and takes whatever is sent. Cross-origin isolated: its clock ticks in 5 us.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const HEADERS = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'content-type': 'text/javascript',
};

/** `files` are contents by path. Resolves to `{ origin, close }`. */
export async function serve(files, sdk) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    if (request.method === 'POST') {
      for await (const _ of request);
      response.writeHead(202, { 'content-type': 'application/json' });
      return response.end('{"accepted":1,"duplicate":0,"rejected":{},"config_etag":null}');
    }
    if (pathname === '/') {
      response.writeHead(200, { ...HEADERS, 'content-type': 'text/html' });
      return response.end('<!doctype html><title>cost</title>');
    }
    try {
      const body = files[pathname] ?? readFileSync(join(sdk, pathname.replace('/sdk/', '')));
      response.writeHead(200, HEADERS);
      response.end(body);
    } catch (error) {
      response.writeHead(error.code === 'ENOENT' ? 404 : 500, HEADERS);
      response.end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
