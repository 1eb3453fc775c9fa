/**
 * The GPU's family from its renderer string. The string itself singles people out and never leaves this function.
 * Families are `vendor[-line]`: enough to choose a backend by.
 */

// First match wins; `$1` is what the vendor counts its lines by: a number's leading digits, never those of an id in hex.
const FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/swiftshader/, 'swiftshader'],
  [/llvmpipe|softpipe|basic render|software/, 'software'],
  [/apple/, 'apple'],
  // Of laptops: X1-85, X2-90. It is another line than the phones' 7xx and 8xx.
  [/adreno\D*x(\d)/, 'qualcomm-adrenox$1'],
  [/(?:adreno[^\d(]*|\bfd)(\d)\d\d(?!\d)/, 'qualcomm-adreno$1'], // freedreno calls them FD618
  [/adreno/, 'qualcomm'],
  [/(?:mali|immortalis)[- ]([gt]\d)/, 'arm-mali-$1'],
  [/mali|immortalis/, 'arm-mali'],
  [/powervr|\bimg /, 'imagination'],
  [/xclipse/, 'samsung-xclipse'],
  [/maleoon/, 'huawei-maleoon'],
  // Workstations' cards count otherwise: an RTX 4000 is of 2018, an RTX 4000 Ada of 2023.
  [/geforce ([rg]tx) ?(\d\d?)\d\d(?!\d)/, 'nvidia-$1$2'],
  [/nvidia|geforce|quadro|tegra|nouveau|\bnv(?:k|[0-9a-f]{2,3})\b/, 'nvidia'],
  [/intel.*\b(?:arc|battlemage)\b/, 'intel-arc'],
  [/intel.*(?:\bxe\b|uhd graphics 7\d\d\b)/, 'intel-gen12'],
  [/intel.*iris.* g\d/, 'intel-gen11'],
  [/intel.*graphics p?[56]\d\d\b/, 'intel-gen9'], // of four digits are older ones
  [/intel/, 'intel'],
  [/radeon.*\bvega\b/, 'amd-vega'], // "RX Vega 10" and "Pro Vega 56", too
  [/radeon.*?\b(rx|pro)(?![a-z])/, 'amd-$1'],
  [/\bamd\b|radeon|\bati\b/, 'amd'],
  [/\bv3d\b|videocore/, 'broadcom'],
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
