/** A real Alertmanager, and a receiver that it tells: Debian's `prometheus-alertmanager`, or INFERFLEET_ALERTMANAGER. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './collector.js';

const BINARY = process.env.INFERFLEET_ALERTMANAGER ?? 'prometheus-alertmanager';
const START_MS = 60_000;

export interface Alert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

export interface Alertmanager {
  url: string;
  /** Those that are active, of its API v2. */
  alerts(): Promise<Alert[]>;
  /** What the receiver was told, in order: status and alert. */
  told: { status: string; alert: Alert }[];
  close(): Promise<void>;
}

/** Starts one, and waits until it is ready. */
export async function startAlertmanager(): Promise<Alertmanager> {
  const told: Alertmanager['told'] = [];
  const receiver = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    for (const { status, ...alert } of JSON.parse(body).alerts) told.push({ status, alert });
    response.end();
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const folder = mkdtempSync(join(tmpdir(), 'inferfleet-alertmanager-'));
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  const config = {
    route: { receiver: 'test', group_by: ['alertname'], group_wait: '100ms', group_interval: '300ms' },
    receivers: [
      {
        name: 'test',
        webhook_configs: [
          { url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`, send_resolved: true },
        ],
      },
    ],
  };
  writeFileSync(join(folder, 'alertmanager.yml'), JSON.stringify(config)); // which is YAML
  const child = spawn(
    BINARY,
    [
      `--config.file=${join(folder, 'alertmanager.yml')}`,
      `--storage.path=${join(folder, 'storage')}`,
      `--web.listen-address=${address}`,
      '--cluster.listen-address=',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.on('data', (chunk) => {
    said = (said + chunk).slice(-4_000);
  });
  let failed: Error | undefined;
  child.on('error', (error) => {
    failed = new Error(`Alertmanager is missing: apt-get install prometheus-alertmanager (${error.message})`);
  });
  const close = async () => {
    if (!failed && child.exitCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    receiver.close();
    rmSync(folder, { recursive: true, force: true });
  };
  const ready = async () => {
    try {
      return (await fetch(`${url}/-/ready`)).ok;
    } catch {
      return false; // it does not listen yet
    }
  };
  for (const end = Date.now() + START_MS; !(await ready()); ) {
    if (failed || child.exitCode !== null || Date.now() > end) {
      await close();
      throw failed ?? new Error(`Alertmanager did not start: ${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { url, told, close, alerts: async () => (await fetch(`${url}/api/v2/alerts`)).json() };
}
