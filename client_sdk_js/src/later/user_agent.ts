/** What a browser's own name for itself says of the device, and the touch screen where that name is not to be believed. */

import type { Browser, Device, FormFactor, OperatingSystem } from '../generated/report.js';

/** What a browser tells beside its name. */
export interface Hands {
  /** `navigator.maxTouchPoints`. */
  touch?: number;
  /** Whether a finger, not a mouse, is what it is mostly used with. */
  coarse?: boolean;
  /** The shorter side of the screen, in CSS pixels. */
  shortSide?: number;
}

export type Named = Pick<Device, 'os' | 'browser' | 'browser_major' | 'form'>;

const PHONE_SIDE = 600; // CSS pixels: where Android's own line between phone and tablet is

// Neither a desk, a lap nor a hand: televisions, sticks and boxes, consoles, headsets, cars.
const ELSEWHERE =
  /\b(?:\w*-?TV|BRAVIA|AFT[A-Z]\w*|MI ?BOX|CrKey|Chromecast|Tizen|Web0S|NetCast|VIDAA|Roku|Xbox|PlayStation|Nintendo|OculusBrowser|Quest|Tesla)\b/i;

/** Android although it names itself a desktop: its own browsers, or Linux that is held in the hand. */
function isAndroid(ua: string, { touch = 0, coarse = true }: Hands): boolean {
  if (/Android/i.test(ua)) return true;
  if (!/X11; Linux/.test(ua)) return false;
  return /SamsungBrowser|Silk\/|OculusBrowser/.test(ua) || (touch > 1 && coarse && !ELSEWHERE.test(ua));
}

const SYSTEMS: readonly (readonly [RegExp, OperatingSystem])[] = [
  [/Windows/, 'windows'],
  [/CrOS/, 'chromeos'],
  [/Mac OS X|Macintosh/, 'macos'],
  [/Linux|X11|Tizen/i, 'linux'],
];

const BROWSERS: readonly (readonly [RegExp, Browser])[] = [
  [/Edg\w*\/(\d+)/, 'edge'],
  [/SamsungBrowser\/(\d+)/, 'samsung'],
  [/Firefox\/(\d+)/, 'firefox'],
  [/Chrom(?:e|ium)\/(\d+)/, 'chromium'],
  [/Version\/(\d+).*Safari/, 'safari'],
  [/AppleWebKit\/(?!537\.36)/, 'safari'], // a view of an app: it keeps its number to itself
];

/**
 * Every browser on iOS is Safari underneath and behaves so, whatever it calls itself: so the number is Safari's, which
 * is that of the system. From iOS 26 on the system's stands still at 18, and the highest that is told is right.
 */
function safariOnIos(ua: string): number {
  // On the desktop site their Version is a constant, and nothing tells the system's.
  if (/Macintosh.*(?:CriOS|FxiOS|EdgiOS)/.test(ua)) return 0;
  let highest = 0;
  for (const [, major] of ua.matchAll(/(?: OS |\biOS |Version\/|FBSV\/)(\d+)/g))
    highest = Math.max(highest, Number(major));
  return highest;
}

/** Operating system, browser and form factor. */
export function readUserAgent(ua: string, hands: Hands = {}): Named {
  const { touch = 0, shortSide = Number.POSITIVE_INFINITY } = hands;
  const named = <T>(table: readonly (readonly [RegExp, T])[]) => {
    for (const [pattern, value] of table) {
      const found = pattern.exec(ua);
      if (found) return { value, major: Number(found[1]) || 0 };
    }
    return undefined;
  };
  const phone = /iPhone|iPod/.test(ua);
  const ios = !/Windows/.test(ua) && (phone || /iPad/.test(ua) || (/Macintosh/.test(ua) && touch > 1)); // no Mac has a touch screen
  const android = !ios && isAndroid(ua, hands);
  const os = ios ? 'ios' : android ? 'android' : (named(SYSTEMS)?.value ?? 'other');
  const browser = ios ? { value: 'safari' as const, major: safariOnIos(ua) } : named(BROWSERS);
  return {
    os,
    browser: browser?.value ?? 'other',
    browser_major: Math.min(9999, browser?.major ?? 0),
    form: form(),
  };

  function form(): FormFactor {
    if (ELSEWHERE.test(ua)) return 'other';
    if (ios) return phone ? 'mobile' : 'tablet';
    if (/Mobi/.test(ua)) return 'mobile';
    // A desktop's name on Android says nothing of the size.
    if (android) return /X11/.test(ua) && shortSide < PHONE_SIDE ? 'mobile' : 'tablet';
    return os === 'other' ? 'other' : 'desktop';
  }
}
