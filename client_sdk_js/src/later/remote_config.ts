/** The plan for this kind of device: fetched within a time budget, else the last one that was good. */

import type { Host } from '../core/host.js';
import type { MonitorOptions } from '../core/options.js';
import type { ConfigDocument, ConfigEnvelope } from '../generated/config.js';
import type { ArmSource, Device } from '../generated/report.js';
import { keep, recall } from './keeper.js';

/** A config and where it came from. */
export interface Planned {
  document: ConfigDocument;
  source: Extract<ArmSource, 'config' | 'last_known_good'>;
}

export interface RemoteConfig {
  /** The config to go by, at most `budgetMs` from now; undefined when there is none. Never rejects. */
  get(): Promise<Planned | undefined>;
  /**
   * Fetches again when the collector says that its config has another ETag: whether to measure holds at once, which
   * arm to run from the next visit on.
   */
  refresh(etag: string): void;
}

export interface Options {
  host: Host;
  endpoint: string;
  facts: () => Device;
  fault: (error: unknown) => void;
  /** Told of every config that becomes the one to go by, also of one that came too late for `get`. */
  onConfig: (document: ConfigDocument) => void;
  options: Pick<MonitorOptions, 'app' | 'configPublicKey' | 'configBudgetMs'>;
}

const FACTS = ['browser', 'cores', 'form', 'gpu', 'memory_gb', 'os'] as const; // contract/device_class.py

/** A proxy that compresses answers makes their ETags weak; the content is the same. */
const strong = (etag: string): string => etag.replace(/^W\//, '');

export function remoteConfig({ host, endpoint, options, facts, fault, onConfig }: Options): RemoteConfig {
  const { app, configPublicKey: publicKey, configBudgetMs: budgetMs = 300 } = options;
  const key = `config:${app}`;
  const ask = host.fetch ?? ((input, init) => fetch(input, init));
  let etag: string | undefined;
  let fetched: Promise<Planned | undefined> | undefined;
  let kept: Promise<Planned | undefined> | undefined;

  async function read(envelope: ConfigEnvelope, source: Planned['source']): Promise<Planned | undefined> {
    if (publicKey) {
      const { isSigned } = await import('./signature.js');
      if (!(await isSigned(envelope, publicKey))) throw new Error('config signature refused');
    }
    const document: ConfigDocument = JSON.parse(envelope.document);
    if (document.app !== app || document.expires_at <= host.epoch()) return undefined;
    return { document, source };
  }

  const recallKept = () => {
    const envelope = recall<ConfigEnvelope>(host, key);
    return envelope
      ? read(envelope, 'last_known_good').catch((error) => void fault(error))
      : Promise.resolve(undefined);
  };

  async function request(cache: RequestCache): Promise<Planned | undefined> {
    const known: Record<string, unknown> = { gpu: 'unknown', ...facts() };
    const query = FACTS.map((fact) => `${fact}=${encodeURIComponent(String(known[fact]))}`).join('&');
    // The browser's own cache revalidates by ETag; an If-None-Match of ours would cost a CORS preflight and turn
    // that cache off.
    const url = `${endpoint}/v1/config/${app}?${query}`;
    const response = await ask(url, { credentials: 'omit', cache });
    if (!response.ok) return undefined;
    etag = response.headers.get('etag') ?? etag;
    const envelope: ConfigEnvelope = await response.json();
    const planned = await read(envelope, 'config');
    const before = await kept;
    // A signed config must not be taken back to an older one by whoever replays it.
    if (!planned || (publicKey && before && before.document.version > planned.document.version))
      return before;
    keep(host, key, envelope);
    onConfig(planned.document);
    return planned;
  }

  return {
    async get() {
      kept ??= recallKept().then((planned) => {
        if (planned) onConfig(planned.document);
        return planned || undefined;
      });
      // Being offline is no fault of ours; it shows as source last_known_good or default.
      fetched ??= request('default').catch((error) => void (error instanceof TypeError || fault(error)));
      const late = new Promise<undefined>((resolve) => host.after(budgetMs, () => resolve(undefined)));
      return (await Promise.race([fetched, late])) ?? (await kept);
    },
    refresh(answered) {
      const current = strong(answered);
      if (!fetched || current === strong(etag ?? '')) return;
      etag = current;
      request('no-cache').catch((error) => void (error instanceof TypeError || fault(error)));
    },
  };
}
