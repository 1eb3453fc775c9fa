import { monitor } from './monitor.js';
import { noise, silence, vowel } from './sound.js';
import { detectVoice, loadVoiceDetector } from './voice.js';

const canvas = document.querySelector('canvas');
const status = document.querySelector('#status');
if (!canvas || !status) throw new Error('index.html has no canvas or status');

async function run(pen: CanvasRenderingContext2D | null, show: (text: string) => void): Promise<void> {
  const voice = await loadVoiceDetector();
  const parts = { silence: silence(1), vowel: vowel(1), noise: noise(1) };
  const said: string[] = [];
  let x = 0;
  for (const [name, sound] of Object.entries(parts)) {
    const probabilities = await detectVoice(voice.model, sound);
    for (const probability of probabilities)
      pen?.fillRect(x++ * 5, 120 * (1 - probability), 4, 120 * probability);
    const mean = probabilities.reduce((sum, each) => sum + each, 0) / probabilities.length;
    said.push(`${name} ${mean.toFixed(2)}`);
    show(`${said.join(', ')} on ${voice.backend} (${voice.source})`);
  }
  await monitor.flush(); // so that you need not wait a minute to see a report
  const { reports } = monitor.snapshot();
  show(
    `${said.join(', ')} on ${voice.backend} (${voice.source}), reports acknowledged: ${reports.acknowledged}`,
  );
}

const show = (text: string) => {
  status.textContent = text;
};
run(canvas.getContext('2d'), show).catch((error) => show(String(error)));
