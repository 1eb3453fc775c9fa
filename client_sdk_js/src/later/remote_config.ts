/** The plan for this kind of device: fetched within a time budget, else the last one that was good. */

import type { Host } from '../core/host.js';
import type { MonitorOptions } from '../core/options.js';
import type { ConfigDocument, ConfigEnvelope } from '../generated/config.js';
import type { ArmSource, Device } from '../generated/report.js';
import { askJson } from './answer.js';
import { MOST_CHARACTERS, readDocument } from './document.js';
import { keep, recall } from './keeper.js';
import { lacks } from './lacks.js';
import { isOurClass } from './our_class.js';
import { within } from './time_limit.js';

/** A config and where it came from. */
export interface Planned {
  document: ConfigDocument;
  source: Extract<ArmSource, 'config' | 'last_known_good'>;
}

export interface RemoteConfig {
  /**
   * The config to go by, at most `configBudgetMs` and, where the last known one's signature is to be checked, another
   * second from now; undefined when there is none. Never rejects.
   */
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
  /** Whether a developer looks at the page. */
  dev: boolean;
  options: Pick<MonitorOptions, 'app' | 'configPublicKey' | 'configBudgetMs'>;
}

// contract/device_class.py and contract/capability.py
const FACTS = ['browser', 'cores', 'form', 'gpu', 'lacks', 'memory_gb', 'os'] as const;
const KEPT_MS = 1_000; // the part that checks signatures may have to be fetched, and may never come

/**
 * Proxies that compress answers make their ETags weak or add the coding's name; the content is the same. What comes after
 * a point says how the plans were made to fit this device: reports are answered with what comes before it.
 */
const bare = (etag: string): string =>
  etag
    .replace(/^W\//, '')
    .replace(/(?:--?|;)(?:gzip|br|zstd|deflate)(?="?$)/, '')
    .replace(/\.\w+(?="?$)/, '');

export function remoteConfig({
  host,
  endpoint,
  dev,
  options,
  facts,
  fault,
  onConfig,
}: Options): RemoteConfig {
  const { app, configPublicKey: publicKey, configBudgetMs: budgetMs = 300 } = options;
  const key = `config:${app}`;
  let etag: string | undefined;
  let asked: string | undefined; // of those that the collector named, the last one that was asked for
  let fetched: Promise<Planned | undefined> | undefined;
  let kept: Promise<Planned | undefined> | undefined;
  let newest = -1; // version gone by
  let expires = Number.POSITIVE_INFINITY; // what `get` gave last

  /** undefined for another app's, and for one that has expired. */
  async function read(envelope: unknown, source: Planned['source']): Promise<Planned | undefined> {
    const { document: text, signature } = (envelope ?? {}) as Partial<ConfigEnvelope>;
    if (publicKey) {
      const { isSigned } = await import('./signature.js');
      // A visitor's console is left alone. Plain http is seen by whoever sets it up.
      const tells = !globalThis.isSecureContext || dev;
      if (!(await isSigned(text, signature, publicKey, tells))) throw new Error('config signature refused');
    }
    const document = readDocument(text);
    if (!isOurClass(document.device_class, facts())) {
      // Whether to measure is the same for all kinds; which backend to run is not.
      document.models = {};
      fault(new RangeError('config of another device class'));
      if (dev)
        console.warn(
          `inferfleet: the config is for ${document.device_class}, another kind of device: a cache between page and collector must keep the query string in its key`,
        );
    }
    return document.app === app && document.expires_at > host.epoch() ? { document, source } : undefined;
  }

  const goBy = ({ document }: Planned) => {
    newest = Math.max(newest, document.version);
    onConfig(document);
  };

  async function recallKept(): Promise<Planned | undefined> {
    try {
      const envelope = recall<ConfigEnvelope>(host, key);
      const planned = envelope && (await read(envelope, 'last_known_good'));
      if (planned) goBy(planned);
      return planned;
    } catch (error) {
      fault(error);
      return undefined;
    }
  }

  async function request(cache: RequestCache): Promise<Planned | undefined> {
    const known: Record<string, unknown> = { gpu: 'unknown', ...facts(), lacks: lacks(facts()) };
    const query = FACTS.map((fact) => `${fact}=${encodeURIComponent(String(known[fact]))}`).join('&');
    // The browser's own cache revalidates by ETag; an If-None-Match of ours would cost a CORS preflight and turn
    // that cache off.
    const answer = await askJson(host, `${endpoint}/v1/config/${app}?${query}`, cache, 2 * MOST_CHARACTERS);
    if (!answer) return undefined;
    etag = answer.etag ?? etag;
    const planned = await read(answer.body, 'config');
    if (publicKey) await within(host, KEPT_MS, kept);
    // A signed config must not be taken back to an older one by whoever replays it.
    if (!planned || (publicKey && newest > planned.document.version)) return undefined;
    keep(host, key, answer.body);
    goBy(planned);
    return planned;
  }

  const fetchAgain = (cache: RequestCache) =>
    // Being offline or slow is no fault of ours; it shows as source last_known_good or default.
    request(cache).catch((error: Error) => {
      if (!/^(TypeError|TimeoutError|AbortError)$/.test(error?.name)) fault(error);
      return undefined;
    });

  return {
    async get() {
      // It was valid when it was asked for, and is not any more: there may be a new one.
      if (expires <= host.epoch()) fetched = kept = undefined;
      kept ??= recallKept();
      fetched ??= fetchAgain('default');
      const late = new Promise<undefined>((resolve) => host.after(budgetMs, () => resolve(undefined)));
      const planned =
        (await Promise.race([fetched, late])) ?? (await within(host, KEPT_MS, kept).catch(() => undefined));
      expires = planned?.document.expires_at ?? Number.POSITIVE_INFINITY;
      return planned;
    },
    refresh(answered) {
      const current = bare(answered);
      // Once for each: who knows what becomes of an ETag on the way.
      if (!fetched || current === asked || current === bare(etag ?? '')) return;
      asked = current;
      fetchAgain('no-cache');
    },
  };
}
