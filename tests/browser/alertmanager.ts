/** A real Alertmanager on a free port, and somebody whom it tells. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './collector.js';

const START_MS = 60_000;
const PAUSE_MS = 100;

/** As API v2 has it; of the parts that are read here. */
export interface Alert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  startsAt: string;
  endsAt: string;
  generatorURL: string;
}

/** What it tells a webhook. */
export interface Told {
  status: 'firing' | 'resolved';
  alerts: (Alert & { status: string })[];
}

export interface Alertmanager {
  url: string;
  /** Those that are active now. */
  alerts(): Promise<Alert[]>;
  /** What it told so far. */
  told: Told[];
  close(): Promise<void>;
}

/** The one to test with: the one that INFERFLEET_ALERTMANAGER names, or Debian's; undefined where there is none. */
export function findAlertmanager(): string | undefined {
  const named = process.env.INFERFLEET_ALERTMANAGER ?? 'prometheus-alertmanager';
  return spawnSync(named, ['--version']).status === 0 ? named : undefined;
}

const configFor = (receiver: string) => `
route:
  receiver: test
  group_by: [alertname, app]
  group_wait: 100ms
  group_interval: 300ms
  repeat_interval: 1h
receivers:
  - name: test
    webhook_configs:
      - url: ${receiver}
        send_resolved: true
`;

/** Starts it, and waits until it is ready. */
export async function startAlertmanager(binary: string): Promise<Alertmanager> {
  const told: Told[] = [];
  const receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    told.push(JSON.parse(Buffer.concat(chunks).toString()));
    response.end();
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const { port } = receiver.address() as AddressInfo;

  const folder = mkdtempSync(join(tmpdir(), 'inferfleet-alertmanager-'));
  const config = join(folder, 'alertmanager.yml');
  writeFileSync(config, configFor(`http://127.0.0.1:${port}/`));
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  const child = spawn(
    binary,
    [
      `--config.file=${config}`,
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
  const close = async () => {
    if (child.exitCode === null && !child.signalCode) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    receiver.closeAllConnections();
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
    if (child.exitCode !== null || Date.now() > end) {
      await close();
      throw new Error(`Alertmanager did not start: ${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return {
    url,
    async alerts() {
      const answer = await fetch(`${url}/api/v2/alerts`);
      if (!answer.ok) throw new Error(`Alertmanager answers ${answer.status}: ${await answer.text()}`);
      return (await answer.json()) as Alert[];
    },
    told,
    close,
  };
}
