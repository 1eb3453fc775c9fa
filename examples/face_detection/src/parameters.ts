/** What the page's address asks for. */
export interface Parameters {
  app: string;
  /** The collector's write key for the app; none means that the collector will refuse the page's reports. */
  key: string;
  /** Forces a backend; without it the remote config decides, or TensorFlow.js itself. */
  backend: BackendName | undefined;
  /** Behave like a release that forgets to dispose of its tensors. */
  leak: boolean;
  /** Show the developer's live view. */
  overlay: boolean;
  /** Predictions to make. */
  predictions: number;
  /** Ends a run so long after its first prediction, before it has made them all, for slow backends. */
  seconds: number;
}

export const BACKENDS = ['cpu', 'wasm', 'webgl', 'webgpu'] as const;
export type BackendName = (typeof BACKENDS)[number];

const DEFAULT_PREDICTIONS = 240;
const MOST_PREDICTIONS = 100_000;
const MOST_SECONDS = 3_600;

/**
 * Reads `?app=&key=&backend=&leak=1&overlay&n=&seconds=`.
 *
 * @throws Error that names the parameter and what it may be.
 */
export function readParameters(search: string): Parameters {
  const query = new URLSearchParams(search);
  return {
    app: query.get('app') ?? 'demo',
    key: query.get('key') ?? '',
    backend: readBackend(query.get('backend')),
    leak: query.get('leak') === '1',
    overlay: query.has('overlay'),
    predictions: readCount('n', query.get('n'), DEFAULT_PREDICTIONS, MOST_PREDICTIONS),
    seconds: readCount('seconds', query.get('seconds'), MOST_SECONDS, MOST_SECONDS),
  };
}

function readBackend(value: string | null): BackendName | undefined {
  if (value === null) return undefined;
  const backend = BACKENDS.find((name) => name === value);
  if (!backend) throw new Error(`?backend=${value}: expected one of ${BACKENDS.join(', ')}, or leave it out`);
  return backend;
}

function readCount(name: string, value: string | null, otherwise: number, most: number): number {
  if (value === null) return otherwise;
  const count = Number(value);
  if (!Number.isInteger(count) || count < 1 || count > most) {
    throw new Error(`?${name}=${value}: expected a whole number from 1 to ${most}`);
  }
  return count;
}
