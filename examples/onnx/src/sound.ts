/** Sounds made up here, so that the example needs no microphone. */

export const RATE = 16_000;

/** Formants of an "a": frequency and bandwidth in Hz. */
const FORMANTS = [
  [700, 80],
  [1_200, 90],
  [2_600, 120],
] as const;

export const silence = (seconds: number) => new Float32Array(seconds * RATE);

export const noise = (seconds: number) => silence(seconds).map(() => (Math.random() - 0.5) / 5);

/** "a-a-a": the pulses of a voice at 120 Hz, through the resonances of a mouth, four syllables a second. */
export function vowel(seconds: number): Float32Array {
  let sound = silence(seconds);
  let turn = 0;
  for (let i = 0; i < sound.length; i++) {
    turn += (120 + 15 * Math.sin((2 * Math.PI * 3 * i) / RATE)) / RATE;
    if (turn >= 1) sound[i] = turn--;
  }
  for (const [hertz, width] of FORMANTS) {
    const decay = Math.exp((-Math.PI * width) / RATE);
    const swing = 2 * decay * Math.cos((2 * Math.PI * hertz) / RATE);
    const out = silence(seconds);
    for (let i = 0; i < out.length; i++)
      out[i] = (sound[i] ?? 0) + swing * (out[i - 1] ?? 0) - decay ** 2 * (out[i - 2] ?? 0);
    sound = out;
  }
  const loudest = sound.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return sound.map((value, i) => (value / loudest) * (0.4 + 0.3 * Math.sin((2 * Math.PI * 4 * i) / RATE)));
}
