/** What the browser tells of the battery without asking anybody. */

import type { Host } from '../core/host.js';
import { within } from './time_limit.js';

const LOW = 0.2;
const TELLS_WITHIN_MS = 50;

/** Whether it runs down, and little is left in it. False where the browser does not tell. Never rejects. */
export async function isBatteryLow(host: Host): Promise<boolean> {
  type Battery = { charging: boolean; level: number };
  const { navigator } = globalThis as { navigator?: { getBattery?(): Promise<Battery> } };
  try {
    const battery = await within(host, TELLS_WITHIN_MS, navigator?.getBattery?.());
    return !!battery && !battery.charging && battery.level <= LOW;
  } catch {
    return false;
  }
}
