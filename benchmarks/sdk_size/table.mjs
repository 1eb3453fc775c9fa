// The size table of docs/sdk.md.

const BEGIN = '<!-- sizes: written by benchmarks/sdk_size/measure.mjs --write -->';
const END = '<!-- end of sizes -->';

const WHEN = {
  later: 'at first use: requests and retries, checkpoints, device facts, steering, hangs, losses',
  race: 'when a race is due: backends run against each other on this device, once',
  integrity: 'when a plan names the hash of a model: its files are checked before they are loaded',
  graphics: 'soon after `load`, once a month: the GPU’s family, read in a worker',
  offline: 'when the page is idle: reports kept in IndexedDB for the next page life',
  backends: 'at first use: starting backends, listening for lost devices',
  fences: 'when tfjs runs on webgl or webgpu: when results were there that the page does not read',
  forget: 'when consent is taken back',
  signature: 'when a config is to be verified (`configPublicKey`)',
  leak_hint: 'in development only (`dev`): tells which model leaks',
  trace: 'in the share of sessions that are traced (`leakTrace`): which lines make what stays',
  tensors: 'with `trace`: hears of each tensor that is made and disposed of',
  kernel_time: 'when a prediction is first timed on the GPU, 1 in 1,000',
};

const kib = (bytes) => (bytes / 1024).toFixed(1);

/** The figures as Markdown. A name that `WHEN` lacks is a file nobody planned: throws, so that it is looked at. */
export function sizeTable(
  { core_br, core_tfjs_br, ort_br, any_br, overlay_br, lazy_br, total_br, peers },
  gate,
) {
  const rows = [
    ['**core**, waited for', core_br, `at most ${kib(gate.core_br)}`],
    ['**core + tfjs adapter**, waited for', core_tfjs_br, `at most ${kib(gate.core_tfjs_br)}`],
    ['ort adapter, on top of the core', ort_br, `at most ${kib(gate.ort_br)}`],
    ['any adapter, on top of the core', any_br, ''],
    ...Object.entries(lazy_br).map(([name, bytes]) => {
      if (!WHEN[name]) throw new Error(`the lazy file ${name} is new: say in table.mjs when it is fetched`);
      return [`\`${name}\``, bytes, WHEN[name]];
    }),
    ['all of it', total_br, ''],
    ['`inferfleet/overlay`', overlay_br, "by an `import()` of the page's own, for developers"],
    ...Object.entries(peers).map(([name, bytes]) => [name, bytes, 'peer, waited for']),
  ];
  return [
    '| | KiB brotli | |',
    '|---|---|---|',
    ...rows.map(([a, b, c]) => `| ${a} | ${kib(b)} | ${c} |`),
  ].join('\n');
}

/** The page with its table replaced. */
export function replaceTable(page, table) {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`docs/sdk.md lacks its marks ${BEGIN} and ${END}`);
  return `${page.slice(0, from)}${BEGIN}\n\n${table}\n\n${page.slice(to)}`;
}
