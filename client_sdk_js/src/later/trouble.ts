/** Why reports do not arrive, as far as a page can tell, in words that say what to do. */

import type { Host } from '../core/host.js';
import type { ReportAnswer } from '../generated/report.js';

interface Told {
  /** What it is about: one of each is told. */
  about: string;
  text: string;
}

export interface Trouble {
  /** What is wrong with the last answer; undefined when it was a good one. */
  answer: Told | undefined;
  /** A collector took a report. */
  took(answer: ReportAnswer | undefined): void;
  /** The collector, or something in its place, refused a report for good. */
  refused(response: Response): void;
  /** A good status, by something that is no collector. */
  stranger(response: Response): void;
  /** An attempt failed, and is made again; 0 without an answer. */
  failed(status: number): void;
  /** How long all attempts have failed. */
  failingMs(): number;
  /** Where reports go, as the browser reads a relative address: a page's `base` counts. */
  place(): string;
  /** What to look at, while nothing arrives. */
  advice(): string;
  /** Whether the console has it already. */
  wasTold(about: string): boolean;
}

/** Text of a URL without what it is asked for: a key is nobody's to read. */
const bare = (url: string): string => url.replace(/[?#].*/, '');

export function deliveryTrouble(host: Host, url: string): Trouble {
  const told = new Set<string>();
  let failing: number | undefined;
  let last = 0;

  /** A relative URL as the browser read it. */
  const place = ({ redirected, url: answered }: Response): string =>
    redirected ? `${bare(url)}, which leads to ${bare(answered)},` : bare(answered || url);

  const trouble: Trouble = {
    answer: undefined,
    took(answer) {
      failing = undefined;
      const reasons = Object.entries(answer?.rejected ?? {}).map(([reason, count]) => `${reason} ${count}`);
      trouble.answer = reasons[0]
        ? {
            about: 'rejected',
            text: `the collector let parts of a report go (${reasons.join(', ')}): see that the device's clock is right, and that collector and SDK are of like versions`,
          }
        : undefined;
    },
    refused(response) {
      failing = undefined;
      const { status } = response;
      trouble.answer = {
        about: 'refused',
        text: `reports are refused: ${place(response)} answered ${status}${advice(status, response.redirected)}`,
      };
      // The collector says why. A proxy does not.
      tellRefused(response, told.has('refused')).then(
        (why) => {
          told.add('refused');
          // A collector that was asked at a wrong address does not know which is right.
          const wrong = response.redirected || status === 404 || status === 405;
          const where = wrong ? ` (${place(response)} answered${advice(status, response.redirected)})` : '';
          trouble.answer = { about: 'refused', text: `reports are refused: ${why}${where}` };
        },
        () => undefined,
      );
    },
    stranger(response) {
      trouble.answer = {
        about: 'stranger',
        text: `${place(response)} answered ${response.status}, and not as a collector does (a login page, or an application's own page for all paths?): let /v1 through to the collector, or name its own address as the endpoint`,
      };
    },
    failed(status) {
      // A good status is a stranger's.
      if (!/^2/.test(`${status}`)) trouble.answer = undefined;
      last = status;
      failing ??= host.now();
    },
    failingMs: () => (failing === undefined ? 0 : host.now() - failing),
    place: () => bare(addressOf(url)?.href ?? url),
    advice() {
      if (!host.online()) return 'the browser says that it is offline';
      if (last) return `the last answer was ${last}: see that the collector runs`;
      const asked = addressOf(url);
      if (!/^https?:$/.test(asked?.protocol ?? ''))
        return 'this page has no server of its own: pass the whole URL of the collector as the endpoint';
      if (globalThis.location?.protocol === 'https:' && asked?.protocol === 'http:')
        return 'an https page reaches no http collector: give the collector https, or a path of the page’s own origin';
      return 'see that the endpoint is right, the collector runs, the origin is declared for the app, and neither the connect-src of the page nor a blocker stops it';
    },
    wasTold: (about) => told.has(about),
  };
  return trouble;
}

function advice(status: number, redirected: boolean): string {
  if (redirected) return ': name that address as the endpoint, for a redirect loses what is sent';
  if (status === 404 || status === 405)
    return ': see that the endpoint is the URL of the collector and ends before /v1';
  if (status === 413) return ': a proxy allows bodies that are too small (a report has up to 16 KiB)';
  return ': see what stands before the collector';
}

/** Where a report goes; undefined where a relative URL leads nowhere. */
function addressOf(url: string): URL | undefined {
  try {
    return new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href);
  } catch {
    return undefined;
  }
}

/** What the collector says of a report that it refused; on the console unless that is known. Rejects when it does not say. */
async function tellRefused(response: Response, known: boolean): Promise<string> {
  const { code, detail } = await response.json();
  if (!code) throw new SyntaxError();
  if (!known)
    console.warn(`inferfleet: the collector refused a report: ${response.status} ${code}. ${detail}`);
  return `${response.status} ${code}. ${detail}`;
}
