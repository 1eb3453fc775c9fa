/**
 * The GPU's family from its renderer string. The string itself singles people out and never leaves this function.
 * Families are `vendor[-line]`: enough to choose a backend by.
 */

// First match wins; `$1` is the line's number, cut to its leading digit.
const FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/swiftshader/, 'swiftshader'],
  [/llvmpipe|softpipe|basic render|software/, 'software'],
  [/apple/, 'apple'],
  // Of laptops: X1-85, X2-90. It is another line than the phones' 7xx and 8xx.
  [/adreno\D*x(\d)/, 'qualcomm-adrenox$1'],
  [/adreno\D*(\d)/, 'qualcomm-adreno$1'],
  [/adreno/, 'qualcomm'],
  [/mali-([gt]\d)/, 'arm-mali-$1'],
  [/mali|immortalis/, 'arm-mali'],
  [/powervr|img /, 'imagination'],
  [/xclipse/, 'samsung-xclipse'],
  [/(?:nvidia|geforce).*?([rg]tx) ?(\d\d)/, 'nvidia-$1$2'],
  [/nvidia|geforce|quadro|tegra/, 'nvidia'],
  [/intel.*(?:arc|battlemage)/, 'intel-arc'],
  [/intel.*(?:xe|uhd graphics 7)/, 'intel-gen12'],
  [/intel.*iris.* g\d/, 'intel-gen11'],
  [/intel.*graphics [56]\d\d/, 'intel-gen9'],
  [/intel/, 'intel'],
  [/radeon.*?(rx|vega|pro)/, 'amd-$1'],
  [/amd|radeon|\bati\b/, 'amd'],
];

/** The family, for example `apple`, `nvidia-rtx30`, `swiftshader`; `unknown` when no family is known. */
export function gpuFamily(renderer: string): string {
  const text = renderer.toLowerCase().replace(/\((?:r|tm)\)/g, '');
  for (const [pattern, family] of FAMILIES) {
    const match = pattern.exec(text);
    if (match) return family.replace(/\$(\d)/g, (_, group) => match[group] ?? '');
  }
  return 'unknown';
}
