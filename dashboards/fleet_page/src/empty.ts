import { el } from './dom';

const NOTHING: Record<string, string> = {
  findings: 'No findings. The leak job looks at every cohort of release and backend on its schedule.',
  decisions:
    'No decision yet. `inferfleet recommend` decides once devices have reported; it also runs on a schedule.',
  variant_trade_off:
    'No model of this app is decided about in more than one variant. `inferfleet variants build`, `evaluate` and `register` make some.',
  config_versions:
    'No config published yet. `inferfleet publish` turns decisions into a version that pages fetch.',
  incidents_by_kind: 'No incidents in this range.',
  killed_share: 'No page was killed in this range.',
  drops: 'SDKs report no drops in this range.',
  stages: 'No pipeline stages marked. monitor.stage(name) times what happens around the model.',
  arm_source: 'No exposures in this range: pages report which arm they used once they load a model.',
  ready_by_source: 'No exposures in this range: pages report which arm they used once they load a model.',
};

export function emptyPanel(id: string): HTMLElement {
  return el('p', { class: 'empty' }, NOTHING[id] ?? 'No data in this range. Try a longer one.');
}

/** For an app that has never reported: the lines that make it report. */
export function firstSteps(app: string, origin: string): HTMLElement {
  const code = [
    "import { createMonitor } from 'inferfleet';",
    "import { tfjs } from 'inferfleet/tfjs';",
    '',
    'const monitor = createMonitor({',
    `  app: '${app}', key: 'YOUR-WRITE-KEY',`,
    `  endpoint: '${origin}',`,
    '});',
    "const face = await monitor.load('blazeface', {",
    '  adapter: tfjs(tf),',
    "  variants: { original: '/models/blazeface.json' },",
    '  load: (url) => tf.loadGraphModel(url),',
    '});',
    'face.model.predict(input); // as before',
  ].join('\n');
  const copy = el('button', { class: 'button', attrs: { type: 'button' } }, 'Copy');
  copy.addEventListener('click', () => {
    navigator.clipboard.writeText(code).then(
      () => copy.replaceChildren('Copied'),
      () => copy.replaceChildren('Select and copy'),
    );
  });
  return el(
    'section',
    { class: 'first-steps' },
    el('h2', {}, `No data from ${app} yet`),
    el(
      'p',
      {},
      'Wrap the model in your page. The first report arrives when a page hides, or after a minute.',
    ),
    el('div', { class: 'code' }, el('pre', {}, el('code', {}, code)), copy),
    el(
      'ol',
      {},
      el('li', {}, 'npm install inferfleet'),
      el('li', {}, `Use one of the write keys of ${app} in the collector's settings.`),
      el('li', {}, "Add your page's origin to the app's origins, or the browser may not send."),
    ),
    el('p', { class: 'muted' }, 'This page looks again by itself.'),
  );
}

export function noApps(): HTMLElement {
  return el(
    'section',
    { class: 'first-steps' },
    el('h2', {}, 'No app is declared'),
    el('p', {}, 'Declare one to the collector and restart it:'),
    el(
      'div',
      { class: 'code' },
      el(
        'pre',
        {},
        el(
          'code',
          {},
          `INFERFLEET_APPS='{"demo": {"keys": ["demo-key"], "origins": ["*"]}}' inferfleet serve`,
        ),
      ),
    ),
  );
}
