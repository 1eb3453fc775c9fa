// A backend has the same colour everywhere, in every chart and both themes. The hues are apart for the three common
// kinds of colour blindness (after Okabe and Ito); the wasm flavours share a hue and differ in lightness and dash.
const FIXED: Record<string, { token: string; dash?: number[] }> = {
  cpu: { token: '--c-grey' },
  wasm: { token: '--c-amber-1', dash: [2, 3] },
  'wasm-simd': { token: '--c-amber-2' },
  'wasm-simd-threads': { token: '--c-amber-3', dash: [7, 3] },
  webgl: { token: '--c-blue' },
  webgpu: { token: '--c-green' },
  webnn: { token: '--c-pink' },
  other: { token: '--c-purple' },
  // incidents
  error: { token: '--c-red' },
  context_lost: { token: '--c-amber-2' },
  device_lost: { token: '--c-amber-1' },
  hang: { token: '--c-purple' },
  fallback: { token: '--c-blue' },
  wrong_output: { token: '--c-pink' },
  out_of_memory: { token: '--c-amber-3' },
  killed: { token: '--c-red', dash: [4, 3] },
  software_backend: { token: '--c-green' },
  sdk_error: { token: '--c-grey' },
  // who chose the arm
  config: { token: '--c-green' },
  last_known_good: { token: '--c-blue' },
  default: { token: '--c-grey' },
  override: { token: '--c-purple' },
  race: { token: '--c-amber-2' },
};
const CYCLE = ['--c-blue', '--c-amber-2', '--c-green', '--c-purple', '--c-pink', '--c-amber-1', '--c-grey'];

const BETWEEN = ' · ';
const DASHES = [undefined, [8, 4], [2, 3], [10, 3, 2, 3]];

export type Mark = { colour: string; dash: number[] | undefined };

/** Colours for the series of one chart: fixed ones by name, the rest in order of appearance. */
export function marksOf(names: string[]): Map<string, Mark> {
  const marks = new Map<string, Mark>();
  const models: string[] = [];
  let next = 0;
  for (const name of names) {
    // "model · backend": the backend's colour, and a dash for each model after the first.
    const place = name.lastIndexOf(BETWEEN);
    const known = place < 0 ? undefined : FIXED[name.slice(place + BETWEEN.length)];
    if (known !== undefined) {
      const model = name.slice(0, place);
      if (!models.includes(model)) models.push(model);
      const dash = DASHES[models.indexOf(model) % DASHES.length] ?? known.dash;
      marks.set(name, { colour: readToken(known.token), dash });
      continue;
    }
    const fixed = FIXED[name];
    const token = fixed?.token ?? CYCLE[next++ % CYCLE.length] ?? '--c-grey';
    marks.set(name, { colour: readToken(token), dash: fixed?.dash });
  }
  return marks;
}

export function readToken(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
