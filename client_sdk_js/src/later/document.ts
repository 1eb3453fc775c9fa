/**
 * Reads a config document. Whoever holds the collector or the path to it wrote that text: what is not as the contract
 * says is left out or refused here, so that nothing behind this file need mistrust it.
 */

import type {
  Arm,
  Canary,
  CanaryReference,
  ConfigDocument,
  ModelPlan,
  RaceArm,
  RacePlan,
  RecordedCanary,
} from '../generated/config.js';
import type { Backend } from '../generated/report.js';

export const MOST_CHARACTERS = 256 * 1024; // the collector's own limit is far below: 64 KiB gzipped at the very most
const MOST_MODELS = 256;
const MOST_ARMS = 16;
const MOST_FALLBACKS = 8;
const MOST_VALUES = 256;
const MOST_VARIANTS = 64;
const MOST_RACED = 8;
export const MOST_BUDGET_MS = 60_000;
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/;
const URL_LIKE = /^(https?:\/\/|\/|\.\/)[^\s\\]{0,500}$/;
const INTEGRITY = /^sha256-[A-Za-z0-9+/]{43}=$/;
const BACKEND = /^(cpu|wasm(-simd(-threads)?)?|webgl|webgpu|webnn)$/;

type Loose = Record<string, unknown>;

/**
 * The document in `text`, a copy that holds what is known only.
 *
 * @throws SyntaxError when it is none.
 */
export function readDocument(text: unknown): ConfigDocument {
  if (typeof text !== 'string' || text.length > MOST_CHARACTERS) throw new SyntaxError('config document');
  const { app, version, device_class, issued_at, expires_at, ...rest } = asObject(JSON.parse(text));
  const { enabled = true, sample_rate = 1, wasm_paths, models = {}, canaries } = rest;
  const fits =
    isText(app) &&
    isCount(version) &&
    isText(device_class) &&
    isNumber(expires_at, 0) &&
    typeof enabled === 'boolean' &&
    isNumber(sample_rate, 0, 1);
  if (!fits) throw new SyntaxError('config document');
  return {
    app,
    version,
    device_class: device_class.slice(0, 256),
    issued_at: isNumber(issued_at, 0) ? issued_at : 0,
    expires_at,
    enabled,
    sample_rate,
    ...(isUrl(wasm_paths) && { wasm_paths }),
    models: readModels(asObject(models)),
    ...(canaries ? { canaries: readCanaries(asObject(canaries)) } : {}),
  };
}

function readCanaries(canaries: Loose): Record<string, RecordedCanary> {
  const read: Record<string, RecordedCanary> = Object.create(null);
  for (const [name, canary] of Object.entries(canaries).slice(0, MOST_MODELS)) {
    const { id, references } = asObject(canary);
    if (NAME.test(name) && isText(id) && isList(references, MOST_VARIANTS) && references.every(isReference))
      read[name] = { id, references };
  }
  return read;
}

/** Models that make no sense are left out, each for itself: its page then runs its own default. */
function readModels(models: Loose): Record<string, ModelPlan> {
  // Without a prototype: a model may be called `constructor`.
  const read: Record<string, ModelPlan> = Object.create(null);
  for (const [name, plan] of Object.entries(models).slice(0, MOST_MODELS)) {
    const known = NAME.test(name) && readPlan(plan);
    if (known) read[name] = known;
  }
  return read;
}

function readPlan(plan: unknown): ModelPlan | undefined {
  const { arms, fallbacks, wasm_threads, canary, race } = asObject(plan);
  if (!Array.isArray(arms) || !arms.length || arms.length > MOST_ARMS) return undefined;
  const read = arms.map(readArm);
  if (!read.every((arm) => arm !== undefined)) return undefined;
  const raced = readRace(race);
  return {
    arms: read,
    fallbacks: Array.isArray(fallbacks) ? fallbacks.slice(0, MOST_FALLBACKS).filter(isBackend) : [],
    ...(isCount(wasm_threads) && wasm_threads >= 1 && wasm_threads <= 64 && { wasm_threads }),
    ...(isCanary(canary) && { canary: { values: canary.values, tolerance: canary.tolerance } }),
    ...(raced && { race: raced }),
  };
}

/** One that makes no sense is left out, and its plan is gone by without a race. */
function readRace(race: unknown): RacePlan | undefined {
  const { share, budget_ms = 1_500, start_weight = 0, arms } = asObject(race);
  if (!isNumber(share, 0, 1) || !isNumber(budget_ms, 0, MOST_BUDGET_MS) || !isNumber(start_weight, 0, 100))
    return undefined;
  if (!Array.isArray(arms) || arms.length < 2 || arms.length > MOST_RACED) return undefined;
  const read = arms.map(readWay);
  return read.every((arm) => arm !== undefined) ? { share, budget_ms, start_weight, arms: read } : undefined;
}

function readArm(arm: unknown): Arm | undefined {
  const { probability } = asObject(arm);
  const way = readWay(arm);
  return way && isNumber(probability, 0, 1) ? { ...way, probability } : undefined;
}

function readWay(arm: unknown): RaceArm | undefined {
  const { backend, variant, url, integrity } = asObject(arm);
  if (typeof backend !== 'string') return undefined;
  if (variant !== undefined && !(isText(variant) && NAME.test(variant))) return undefined;
  if (url !== undefined && url !== null && !isUrl(url)) return undefined;
  const unchecked = integrity === undefined || integrity === null;
  const checked = isText(integrity) && INTEGRITY.test(integrity);
  return {
    // A backend, or a kind of hash, that a newer collector knows: whoever draws it runs the page's default.
    backend: isBackend(backend) && (unchecked || checked) ? backend : 'other',
    ...(variant !== undefined && { variant }),
    ...(url && { url }),
    ...(checked && { integrity }),
  };
}

const asObject = (value: unknown): Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Loose) : {};

const isText = (value: unknown): value is string => typeof value === 'string';

const isUrl = (value: unknown): value is string => isText(value) && URL_LIKE.test(value);

const isBackend = (value: unknown): value is Backend => isText(value) && BACKEND.test(value);

const isNumber = (value: unknown, least: number, most = Number.MAX_VALUE): value is number =>
  typeof value === 'number' && value >= least && value <= most;

const isCount = (value: unknown): value is number => isNumber(value, 0, 2 ** 32) && Number.isInteger(value);

const isList = (value: unknown, most: number): value is unknown[] =>
  Array.isArray(value) && value.length > 0 && value.length <= most;

const isValues = (value: unknown): value is number[] =>
  isList(value, MOST_VALUES) && value.every(Number.isFinite);

function isCanary(value: unknown): value is Canary {
  const { values, tolerance } = asObject(value);
  return isValues(values) && isNumber(tolerance, 0);
}

function isReference(value: unknown): value is CanaryReference {
  const { variants, values, tolerances } = asObject(value);
  return (
    isList(variants, MOST_VARIANTS) &&
    isValues(values) &&
    isValues(tolerances) &&
    tolerances.length === values.length
  );
}
