import type { Answer, App, Definitions } from './types';

/** A refusal in the collector's one shape (RFC 9457), or what stands for one when the collector is away. */
export class Refused extends Error {
  constructor(
    readonly title: string,
    readonly detail: string,
    readonly status: number,
  ) {
    super(`${title}: ${detail}`);
  }
}

// Addresses are relative to the page's own: a proxy may serve it below a path.
export async function getApps(signal: AbortSignal): Promise<App[]> {
  return (await get<{ apps: App[] }>('v1/fleet/apps', signal)).apps;
}

export function getDefinitions(signal: AbortSignal): Promise<Definitions> {
  return get<Definitions>('v1/fleet/panels', signal);
}

export function getAnswer(id: string, query: URLSearchParams, signal: AbortSignal): Promise<Answer> {
  return get<Answer>(`v1/fleet/panels/${encodeURIComponent(id)}?${query}`, signal);
}

async function get<T>(url: string, signal: AbortSignal): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(url, { signal, headers: { Accept: 'application/json' } });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Refused('The collector does not answer', 'Is it running? The page asks again by itself.', 0);
  }
  if (!answer.ok) throw await refusal(answer);
  return (await answer.json()) as T;
}

async function refusal(answer: Response): Promise<Refused> {
  const fallback = new Refused(
    `HTTP ${answer.status}`,
    'The answer is not from the collector.',
    answer.status,
  );
  if (!answer.headers.get('content-type')?.includes('json')) return fallback;
  const problem: unknown = await answer.json().catch(() => null);
  if (typeof problem !== 'object' || problem === null) return fallback;
  const { title, detail } = problem as { title?: unknown; detail?: unknown };
  return new Refused(String(title ?? fallback.title), String(detail ?? fallback.detail), answer.status);
}
