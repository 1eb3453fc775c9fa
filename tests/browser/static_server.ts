/** A plain static server for a folder, as slow as a line, which notes what it was asked for. */

import { createReadStream, statSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES: Record<string, string> = { '.json': 'application/json', '.bin': 'application/octet-stream' };
const CHUNK = 16_384;

export interface StaticServer {
  origin: string;
  /** Paths that it was asked for, in order. */
  requests: string[];
  close(): Promise<void>;
}

/** @param bytesPerSecond of each answer. */
export async function serveFolder(folder: string, bytesPerSecond: number): Promise<StaticServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname);
    requests.push(path);
    const file = join(folder, path);
    const found = statSync(file, { throwIfNoEntry: false });
    // What docs/variants-publish.md asks of a server for pages of another origin.
    response.setHeader('access-control-allow-origin', '*');
    if (!found?.isFile()) return void response.writeHead(404).end('not here');
    response.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'text/plain',
      'content-length': found.size,
      'cache-control': 'public, max-age=31536000, immutable',
      'timing-allow-origin': '*',
    });
    send(file, response).catch(() => response.destroy());
  });

  async function send(file: string, response: ServerResponse): Promise<void> {
    for await (const chunk of createReadStream(file, { highWaterMark: CHUNK })) {
      response.write(chunk);
      await new Promise((resolve) => setTimeout(resolve, (1_000 * chunk.length) / bytesPerSecond));
    }
    response.end();
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    requests,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
