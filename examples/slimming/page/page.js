/* global tf, inferfleet */
// The page that the variants are for. Without parameters it runs what Inferfleet says.
//   ?backend=wasm&variant=pooled   forces an arm
//   ?predictions=20                predicts so many times by itself, then says so in window.visit
//   ?wrong=wasm                    that backend forgets the activation of its convolutions, to see who notices

const SIDE = 8;
const CELL = 4; // the pad has 32 x 32 pixels, as the forms had that the digits were written on
const wish = new URLSearchParams(location.search);

const incidents = [];

/** A backend that is fast, free of errors, finite and wrong, as a driver's fault makes one. */
function spoil(backend) {
  const right = tf.getKernel('FusedConv2D', backend);
  tf.unregisterKernel('FusedConv2D', backend);
  const kernelFunc = (given) =>
    right.kernelFunc({ ...given, attrs: { ...given.attrs, activation: 'linear' } });
  tf.registerKernel({ ...right, kernelFunc });
}

/** One picture as a batch, run to the end: the ten scores. */
async function classify(model, values) {
  const image = tf.tensor(values, [1, SIDE, SIDE, 1]);
  const scores = model.predict(image);
  try {
    return await scores.data();
  } finally {
    tf.dispose([image, scores]);
  }
}

async function load({ key, endpoint, original, published, canary }) {
  tf.wasm.setWasmPaths('lib/');
  const monitor = inferfleet.createMonitor({
    app: 'slimming',
    key,
    endpoint,
    release: '1.0.0',
    configBudgetMs: 3000,
  });
  monitor.on('incident', ({ kind }) => incidents.push(kind));
  if (wish.has('wrong')) spoil(wish.get('wrong'));
  const backend = wish.get('backend');
  const variant = wish.get('variant') ?? 'original';
  // An app names its own model alone; the others come by the plan. Only to force one must the page know where it lies.
  const variants = { original, ...(variant === 'original' ? {} : { [variant]: published[variant] }) };
  const digits = await monitor.load('digits', {
    adapter: inferfleet.tfjs(tf),
    variants,
    load: (url) => tf.loadGraphModel(url),
    check: { every: 10, canary: inferfleet.tfjsCanary(tf, { id: canary }) },
    ...(backend && { override: { backend, variant } }),
  });
  return { monitor, digits };
}

/** Counts inked pixels in cells of 4 x 4, as the data set does, after the drawing was moved and scaled to fill the pad. */
function pixels(pad) {
  const box = inked(pad);
  if (!box) return new Array(SIDE * SIDE).fill(0);
  const fitted = document.createElement('canvas');
  fitted.width = fitted.height = SIDE * CELL;
  const size = Math.max(box.width, box.height);
  const scale = (SIDE * CELL) / size;
  const left = (SIDE * CELL - box.width * scale) / 2;
  fitted
    .getContext('2d')
    .drawImage(
      pad,
      box.x,
      box.y,
      box.width,
      box.height,
      left,
      (SIDE * CELL - box.height * scale) / 2,
      box.width * scale,
      box.height * scale,
    );
  const { data } = fitted.getContext('2d').getImageData(0, 0, SIDE * CELL, SIDE * CELL);
  const counts = new Array(SIDE * SIDE).fill(0);
  for (let y = 0; y < SIDE * CELL; y++)
    for (let x = 0; x < SIDE * CELL; x++)
      counts[((y / CELL) | 0) * SIDE + ((x / CELL) | 0)] += data[4 * (y * SIDE * CELL + x) + 3] > 127 ? 1 : 0;
  return counts.map((count) => count / (CELL * CELL));
}

function inked(pad) {
  const { data } = pad.getContext('2d').getImageData(0, 0, pad.width, pad.height);
  const [xs, ys] = [[], []];
  for (let at = 0; at < pad.width * pad.height; at++)
    if (data[4 * at + 3] > 127) {
      xs.push(at % pad.width);
      ys.push((at / pad.width) | 0);
    }
  if (!xs.length) return undefined;
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(...xs) - x + 1, height: Math.max(...ys) - y + 1 };
}

function show(scores) {
  document.getElementById('scores').innerHTML = [...scores]
    .map(
      (score, digit) =>
        `<b>${digit}</b><div style="width:${(100 * score).toFixed(1)}%"></div><span>${(100 * score).toFixed(0)} %</span>`,
    )
    .join('');
}

/** Lets people draw; each stroke is classified when it ends, one after the other. */
function listen(digits) {
  const pad = document.getElementById('pad');
  const pen = pad.getContext('2d', { willReadFrequently: true });
  pen.lineWidth = 3;
  pen.lineCap = pen.lineJoin = 'round';
  let last;
  let turn = Promise.resolve();
  const place = ({ offsetX, offsetY }) => [
    (offsetX / pad.clientWidth) * pad.width,
    (offsetY / pad.clientHeight) * pad.height,
  ];
  pad.addEventListener('pointerdown', (event) => {
    pad.setPointerCapture(event.pointerId);
    last = place(event);
  });
  pad.addEventListener('pointermove', (event) => {
    if (!last) return;
    const next = place(event);
    pen.beginPath();
    pen.moveTo(...last);
    pen.lineTo(...next);
    pen.stroke();
    last = next;
  });
  pad.addEventListener('pointerup', () => {
    last = undefined;
    turn = turn.then(() => classify(digits.model, pixels(pad))).then(show, trouble);
  });
  document
    .getElementById('clear')
    .addEventListener('click', () => pen.clearRect(0, 0, pad.width, pad.height));
}

function trouble(error) {
  document.getElementById('runs').textContent = String(error);
  window.visit = { error: String(error) };
}

async function start() {
  const settings = await (await fetch('settings.json')).json();
  const { monitor, digits } = await load(settings);
  let scores = await classify(digits.model, settings.digit);
  const count = Number(wish.get('predictions') ?? 1);
  for (let made = 1; made < count; made++) {
    await new Promise(requestAnimationFrame);
    scores = await classify(digits.model, settings.digit);
  }
  show(scores);
  listen(digits);
  // Of the model alone: what the browser got for its folder, whatever else the page loaded.
  const bytes = performance
    .getEntriesByType('resource')
    .filter(({ name }) => name.includes('/models/'))
    .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0);
  document.getElementById('runs').textContent =
    `${digits.variant} on ${digits.backend}, chosen by: ${digits.source}; ${bytes.toLocaleString('en')} bytes of model`;
  if (wish.has('predictions')) await monitor.flush();
  window.visit = {
    variant: digits.variant,
    backend: digits.backend,
    source: digits.source,
    bytes,
    scores: Array.from(scores),
    incidents,
    acknowledged: monitor.snapshot().reports.acknowledged,
  };
}

start().catch(trouble);
