/* Generated from collector/contract by `make gen`. Do not edit. */

/**
 * What executed the model. The three wasm flavours differ up to tenfold, so they are told apart.
 */
export type Backend =
  'cpu' | 'wasm' | 'wasm-simd' | 'wasm-simd-threads' | 'webgl' | 'webgpu' | 'webnn' | 'other';

export interface ConfigContract {
  ConfigEnvelope: ConfigEnvelope;
  ConfigDocument: ConfigDocument;
}
/**
 * A config document with its signature.
 */
export interface ConfigEnvelope {
  /**
   * The ConfigDocument as JSON text, exactly as signed
   */
  document: string;
  /**
   * Which key signed it: the first 16 hex digits of its SHA-256
   */
  key_id?: string | null;
  /**
   * Ed25519 over the UTF-8 bytes of document, base64url
   */
  signature?: string | null;
}
/**
 * The plan for one app on one device class. A plan is immutable: a change of it is a new version.
 */
export interface ConfigDocument {
  /**
   * Document version
   */
  v?: 1;
  /**
   * The app
   */
  app: string;
  /**
   * The config's version, ascending
   */
  version: number;
  /**
   * The class this document was matched to, for the exposure
   */
  device_class: string;
  /**
   * When the version was made
   */
  issued_at: number;
  /**
   * After this the SDK stops using it
   */
  expires_at: number;
  /**
   * False is the kill switch: the SDK measures nothing and steers nothing
   */
  enabled?: boolean;
  /**
   * The share of sessions that report
   */
  sample_rate?: number;
  /**
   * Where the engine's wasm files are; none keeps what the page set
   */
  wasm_paths?: string | null;
  /**
   * A plan for each model
   */
  models?: {
    [k: string]: ModelPlan;
  };
  /**
   * Recorded canaries by model, also of models without a plan
   */
  canaries?: {
    [k: string]: RecordedCanary;
  } | null;
}
/**
 * How one model is run on this device class.
 *
 * This interface was referenced by `undefined`'s JSON-Schema definition
 * via the `patternProperty` "^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$".
 */
export interface ModelPlan {
  /**
   * Arms whose probabilities add up to 1
   */
  arms: Arm[];
  /**
   * Backends to try, in order, when the drawn one does not start
   */
  fallbacks?: Backend[];
  /**
   * Threads for the wasm backends; none lets the engine choose
   */
  wasm_threads?: number | null;
  /**
   * The reference output to check the model against after it was loaded
   */
  canary?: Canary | null;
  /**
   * Which arms are raced, on which share of installs
   */
  race?: RacePlan | null;
}
/**
 * A way to run a model, and the share of installs that use it.
 */
export interface Arm {
  backend: Backend;
  /**
   * Which variant of the model
   */
  variant?: string;
  /**
   * Where the variant is; none keeps the URL that the page gave
   */
  url?: string | null;
  /**
   * The hash of the file at the URL, which names the hashes of the model's other files; none leaves them unchecked
   */
  integrity?: string | null;
  /**
   * The share of installs that draw this arm
   */
  probability: number;
}
/**
 * What a model answered to the page's reference input when it was right: other answers are wrong.
 */
export interface Canary {
  /**
   * The reference output, flattened
   */
  values: number[];
  /**
   * How far each value may be from its reference, absolutely
   */
  tolerance: number;
}
/**
 * Which installs measure arms against each other on their own device, before they use one.
 */
export interface RacePlan {
  /**
   * The share of installs that race, drawn apart from the draw of the arms
   */
  share: number;
  /**
   * The time that a race may take
   */
  budget_ms?: number;
  /**
   * What a millisecond of starting weighs against one of a warm prediction, when the winner is chosen
   */
  start_weight?: number;
  /**
   * The arms to race, in this order
   */
  arms: RaceArm[];
}
/**
 * A way to run a model that takes part in a race.
 */
export interface RaceArm {
  backend: Backend;
  /**
   * Which variant of the model
   */
  variant?: string;
  /**
   * Where the variant is; none keeps the URL that the page gave
   */
  url?: string | null;
  /**
   * The hash of the file at the URL, which names the hashes of the model's other files; none leaves them unchecked
   */
  integrity?: string | null;
}
/**
 * What ``inferfleet canary record`` measured for one model; pages that name its id are held to it.
 *
 * This interface was referenced by `undefined`'s JSON-Schema definition
 * via the `patternProperty` "^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$".
 */
export interface RecordedCanary {
  /**
   * Names the model, the reference input and the choice of values
   */
  id: string;
  /**
   * The right answers by variant; a variant that is in none is not checked
   */
  references: CanaryReference[];
}
/**
 * The right answer of some variants of a model, with a tolerance for each value.
 */
export interface CanaryReference {
  /**
   * The variants that answer so
   */
  variants: string[];
  /**
   * The picked values of all outputs
   */
  values: number[];
  /**
   * How far each value may be from its reference, absolutely
   */
  tolerances: number[];
}
