/** Which arm of a plan this install runs. */

import type { Arm, ModelPlan } from '../generated/config.js';

/** Uniform in [0, 1) and always the same for the same text: FNV-1a, finished with murmur3's mixer. */
export function stableHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/**
 * The arm that `at` in [0, 1) falls on. One install draws the same arm as long as the shares stay, and a share
 * that grows takes over as few installs as it can.
 */
export function drawArm(plan: ModelPlan, at: number): Arm | undefined {
  let upTo = 0;
  for (const arm of plan.arms) {
    upTo += arm.probability;
    if (at < upTo) return arm;
  }
  // Shares like three thirds add up to a little under 1.
  return plan.arms.findLast((arm) => arm.probability > 0);
}
