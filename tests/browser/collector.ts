/** A real collector: the installed `inferfleet` command on a free port, in a folder of its own. */

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const COMMAND = join(import.meta.dirname, '../../.venv/bin/inferfleet');
const PYTHON = join(import.meta.dirname, '../../.venv/bin/python');
const START_MS = 120_000;
const PAUSE_MS = 100;

export interface Collector {
  url: string;
  /** What `inferfleet ARGUMENTS` prints. */
  command(...args: string[]): Promise<string>;
  /** The value of a metric without labels. */
  metric(name: string): Promise<number>;
  /** Ends it, and asks its store: rows as JSON. */
  storedRows(sql: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

/** The engine's folder has one owner at a time, so the collector must have ended. */
const READ = `
import json, sys, clickhouse_connect
client = clickhouse_connect.get_client(dsn="chdb://" + sys.argv[1])
client.database = "inferfleet"
print(json.dumps(list(client.query(sys.argv[2]).named_results())))
`;

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

/** Starts one with these settings (`INFERFLEET_...`), and waits until it is ready. */
export async function startCollector(settings: Record<string, string>): Promise<Collector> {
  const folder = mkdtempSync(join(tmpdir(), 'inferfleet-collector-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('INFERFLEET_'));
  const env = {
    ...Object.fromEntries(own),
    INFERFLEET_API__PORT: String(port),
    INFERFLEET_SCHEDULE__ENABLED: 'false',
    ...settings,
  };
  const child = spawn(COMMAND, ['serve'], { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said = (said + chunk).slice(-4_000);
  });
  const end = async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
  const close = async () => {
    await end();
    rmSync(folder, { recursive: true, force: true });
  };
  const ready = async () => {
    try {
      return (await fetch(`${url}/readyz`)).ok;
    } catch {
      return false; // it does not listen yet
    }
  };
  for (const end = Date.now() + START_MS; !(await ready()); ) {
    if (child.exitCode !== null || Date.now() > end) {
      await close();
      throw new Error(`the collector did not start: ${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return {
    url,
    async command(...args) {
      const { stdout } = await promisify(execFile)(COMMAND, args, { cwd: folder, env });
      return stdout;
    },
    async metric(name) {
      const text = await (await fetch(`${url}/metrics`)).text();
      const [, value] = new RegExp(`^${name} (\\S+)$`, 'm').exec(text) ?? [];
      if (value === undefined) throw new Error(`the collector has no metric ${name}`);
      return Number(value);
    },
    async storedRows(sql) {
      await end();
      const args = ['-c', READ, join(folder, 'inferfleet-data/engine'), sql];
      const { stdout } = await promisify(execFile)(PYTHON, args, { cwd: folder, env });
      return JSON.parse(stdout);
    },
    close,
  };
}
