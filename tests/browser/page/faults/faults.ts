/** The ways in which one call or one property goes wrong, and which of them a recorded one can have. */

/** Where something was touched: `performance.now()`, `fetch().headers.get()`, `new Map`, `core/outbox.createOutbox()`. */
export interface Site {
  path: string;
  how: 'read' | 'call' | 'construct';
  /** A call gave a promise. */
  async?: boolean;
  /** A call was handed a function, which it may never call. */
  callback?: boolean;
  /** A call gave something that has methods. */
  object?: boolean;
}

export interface Fault {
  path: string;
  how: Site['how'];
  mode: 'throw' | 'throw once' | 'throw later' | 'reject' | 'hang' | 'give' | 'resolve';
  /** Which rubbish is given, by its place in RUBBISH. */
  rubbish?: number;
}

export const RUBBISH: readonly unknown[] = [undefined, null, Number.NaN, '', 'rubbish', -1, 1e308, {}];

/** The injected error says where it came from, should it ever reach the page. */
export class Injected extends Error {
  constructor(path: string) {
    super(`injected at ${path}`);
  }
}

const rubbish = RUBBISH.map((_, i) => i);

/** Every way in which this site can go wrong. */
export function faultsOf({ path, how, async, callback, object }: Site): Fault[] {
  const modes: Omit<Fault, 'path' | 'how'>[] = [{ mode: 'throw' }];
  if (how === 'call') modes.push({ mode: 'throw once' }, { mode: 'throw later' });
  if (async)
    modes.push({ mode: 'reject' }, ...rubbish.map((at) => ({ mode: 'resolve', rubbish: at }) as const));
  if (async || callback || object) modes.push({ mode: 'hang' });
  modes.push(...(how === 'construct' ? [7] : rubbish).map((at) => ({ mode: 'give', rubbish: at }) as const));
  return modes.map((mode) => ({ path, how, ...mode }));
}

export const nameOf = ({ path, how, mode, rubbish: at }: Fault): string =>
  `${how} ${path}: ${mode}${at === undefined ? '' : ` ${typeof RUBBISH[at]} ${String(RUBBISH[at])}`}`;

const never = () => new Promise<never>(() => undefined);

/** Puts one fault at a time in the way of real calls, and notes every site that is passed. */
export class Injector {
  readonly sites = new Map<string, Site>();
  /** Whether the armed fault was met. */
  hits = 0;
  #fault: Fault | undefined;

  arm(fault: Fault | undefined): void {
    this.#fault = fault;
    this.hits = 0;
  }

  /** Runs the real thing, or the armed fault in its stead. */
  pass<T>(path: string, how: Site['how'], args: readonly unknown[], real: () => T): T {
    const fault = this.#fault;
    const armed = fault?.path === path && fault.how === how ? fault : undefined;
    if (armed) {
      const { mode } = armed;
      this.hits++;
      if (
        mode === 'throw' ||
        (mode === 'throw once' && this.hits < 2) ||
        (mode === 'throw later' && this.hits > 1)
      )
        throw new Injected(path);
      if (mode === 'reject') return Promise.reject(new Injected(path)) as T;
      if (mode === 'give') return RUBBISH[armed.rubbish ?? 0] as T;
      if (mode === 'resolve') return Promise.resolve(RUBBISH[armed.rubbish ?? 0]) as T;
    }
    const known = this.sites.get(`${how} ${path}`);
    if (armed?.mode === 'hang') {
      // The call is accepted and nothing ever comes of it.
      return (known?.async ? never() : known?.callback ? 0 : new EventTarget()) as T;
    }
    const value = real();
    if (!known || how === 'call') {
      const site: Site = known ?? { path, how };
      if (value instanceof Promise) site.async = true;
      else if (how === 'call' && typeof value === 'object' && value && !Array.isArray(value))
        site.object = true;
      if (how === 'call' && args.some((arg) => typeof arg === 'function')) site.callback = true;
      this.sites.set(`${how} ${path}`, site);
    }
    return value;
  }

  /** Sites known from an earlier run: what a call gives when it hangs depends on what it gave then. */
  remember(sites: readonly Site[]): void {
    for (const site of sites) this.sites.set(`${site.how} ${site.path}`, { ...site });
  }
}
