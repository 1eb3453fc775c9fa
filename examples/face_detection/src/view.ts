import type { Snapshot, WatchedModel } from 'inferfleet';
import type { Detection } from './detector.js';
import { drawFaces } from './face_overlay.js';
import { BACKENDS, type Parameters } from './parameters.js';
import { drawSparkline } from './sparkline.js';

type Watched = WatchedModel<object>;

const REASONS: Record<Watched['source'], string> = {
  config: 'Remote config chose it for this kind of device, from what the fleet measured.',
  last_known_good: 'An earlier remote config chose it; the collector did not answer in time.',
  default: 'TensorFlow.js picked it by itself: there is no remote config for this device yet.',
  override: 'The address of this page forces it.',
  fallback: 'What was chosen did not start, so the next one took over.',
  race: 'It was the fastest of those that raced on this device.',
};

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element #${id}`);
  return found;
}

function write(id: string, text: string): void {
  element(id).textContent = text;
}

const milliseconds = (value: number | undefined): string =>
  value === undefined ? '–' : `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** The links that force a backend or the leaking release, keeping the rest of the address. */
export function showChoices(wish: Parameters): void {
  const address = (changes: Record<string, string | undefined>): string => {
    const query = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(changes)) {
      if (value === undefined) query.delete(name);
      else query.set(name, value);
    }
    return `?${query}`;
  };
  element('backends').replaceChildren(
    ...[undefined, ...BACKENDS].map((backend) => {
      const link = document.createElement('a');
      link.href = address({ backend });
      link.textContent = backend ?? 'auto';
      if (backend === wish.backend) link.setAttribute('aria-current', 'true');
      return link;
    }),
  );
  const leak = element('leak') as HTMLAnchorElement;
  leak.href = address({ leak: wish.leak ? undefined : '1' });
  leak.textContent = wish.leak
    ? 'Back to the release that disposes of its tensors'
    : 'Try a release that forgets to dispose of its tensors';
}

/** Which backend and variant run, and who chose them. */
export function showModel(face: Watched): void {
  write('backend', face.backend);
  write('variant', face.variant);
  write('source', face.source.replaceAll('_', ' '));
  write('reason', REASONS[face.source]);
  write('found', 'First prediction: the backend compiles what it needs…');
}

/** The newest detection with all figures. */
export function showDetection(
  detection: Detection,
  latencies: number[],
  made: number,
  wanted: number,
  snapshot: Snapshot,
): void {
  const [best] = detection.faces;
  drawFaces(element('faces'), detection.faces);
  const sure = best ? `, ${Math.round(best.score * 100)} % sure` : '';
  write('found', `${counted(detection.faces.length, 'face')} found${sure}`);
  drawSparkline(element('sparkline'), latencies);
  write('latest', milliseconds(detection.readyMs));
  write('count', `${made} of ${counted(wanted, 'prediction')}`);
  (element('progress') as HTMLProgressElement).value = made / wanted;
  showSnapshot(snapshot);
}

function showSnapshot(snapshot: Snapshot): void {
  const [model] = snapshot.models;
  showReports(snapshot);
  if (!model) return;
  write('p50', milliseconds(model.ready_ms.p50));
  write('p95', milliseconds(model.ready_ms.p95));
  const growth = model.tensors_per_prediction ?? 0;
  element('memory').classList.toggle('leaking', growth > 0);
  write('tensors', model.tensors?.toLocaleString('en') ?? '–');
  if (growth > 0) {
    const note = document.createElement('small');
    note.textContent = ` +${Number(growth.toFixed(1))} a prediction`;
    element('tensors').append(note);
  }
}

/** What the button for the developer's live view does. */
export function onLiveView(open: () => Promise<unknown>): void {
  element('live').onclick = () => {
    open().catch((error: unknown) => showTrouble(String(error)));
  };
}

/** How many reports the collector acknowledged. */
export function showReports({ reports }: Snapshot): void {
  write('reports', String(reports.acknowledged));
}

/** The end of a run, and the offer of another one. */
export function showDone(again: () => Promise<void>): void {
  const button = element('again') as HTMLButtonElement;
  button.hidden = false;
  button.onclick = () => {
    button.hidden = true;
    again().catch((error: unknown) => showTrouble(String(error)));
  };
}

/** Something went wrong, in words. */
export function showTrouble(message: string): void {
  const place = element('trouble');
  place.textContent = message;
  place.hidden = false;
}
