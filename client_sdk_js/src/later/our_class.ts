/**
 * Whether a config is for this kind of device. A cache that leaves the query out of its key gives the first device's
 * plans to all: a CDN that ignores query strings, a service worker with `ignoreSearch`.
 */

import type { Device } from '../generated/report.js';

/** Of a device, or of a collector that does not know its value: nothing to compare. */
const UNKNOWN = /^(?:other|unknown|0|undefined)$/;

/** @param deviceClass the document's, such as `form=desktop,os=linux`; `*` is every device's. */
export function isOurClass(deviceClass: string, facts: Device): boolean {
  return deviceClass.split(',').every((pair) => {
    const [name = '', value = 'unknown'] = pair.split('=');
    const own = String((facts as Record<string, unknown>)[name]);
    return own === value || UNKNOWN.test(value) || UNKNOWN.test(own);
  });
}
