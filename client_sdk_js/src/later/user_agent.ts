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
  /** `navigator.platform`, which a phone keeps when it asks for a desktop's site. */
  platform?: string;
}

export type Named = Pick<Device, 'os' | 'browser' | 'browser_major' | 'form'>;

const PHONE_SIDE = 600; // CSS pixels: where Android's own line between phone and tablet is

// Neither a desk, a lap nor a hand: televisions, sticks and boxes, consoles, headsets, cars. The machine's own name is in
// the first parentheses: what comes behind them may be an app's, and "Quest" or "TV" in that says nothing.
const ELSEWHERE = new RegExp(
  [
    /^[^)]*\b(?:\w*-?TV|BRAVIA|AFT[A-Z]\w*|MI ?BOX|Chromecast|Tizen|Web0S|Roku|Xbox|PlayStation|Nintendo|Quest|Pico)\b/,
    /\b(?:SmartTV|HbbTV|NetCast|VIDAA|CrKey|OculusBrowser|PicoBrowser|VR Safari|Mobile VR|Tesla)\b/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'i',
);

/** Android although it names itself a desktop: its own browsers, or Linux on a phone's processor. */
function isAndroid(ua: string, { touch = 0, coarse = true, platform }: Hands): boolean {
  if (/Android/i.test(ua)) return true;
  if (!/X11; Linux x86_64/.test(ua)) return false; // which is what all of them name
  if (/SamsungBrowser|Silk\/|OculusBrowser|PicoBrowser|VR Safari/.test(ua)) return true;
  // Chromium on any Linux says x86_64 here, and on any Android armv81.
  if (platform?.startsWith('Linux ')) return !/x86|i\d86/.test(platform);
  return touch > 1 && coarse && !ELSEWHERE.test(ua);
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
  [/like Gecko\) (\d+)[\d./]* TV Safari/, 'chromium'], // an app on a Samsung television
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
  // Not every Version and iOS: an app adds its own, and numbers its builds by the thousand.
  for (const [, major] of ua.matchAll(/(?: OS |\biOS |like Gecko\) Version\/|FBSV\/)(\d\d?)[._]/g))
    highest = Math.max(highest, Number(major));
  return highest;
}

/** Whether a name is that of a program that visits pages, which a crawler's tells by a URL. */
export const isProgram = (ua: string): boolean =>
  /HeadlessChrome|Chrome-Lighthouse|\bPTST\/|jsdom|HappyDOM|\+https?:/.test(ua);

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
  // No Mac has a touch screen of its own, but Chromium on a Mac may be told of one; on iOS it calls itself CriOS.
  const asMac = /Macintosh/.test(ua) && touch > 1 && !/Chrome\//.test(ua);
  const ios = !/Windows|Android/.test(ua) && (phone || /iPad/.test(ua) || asMac);
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
    if (phone || /Mobi/.test(ua)) return ios && !phone ? 'tablet' : 'mobile';
    // A desktop's name on Android or iOS says nothing of the size.
    if (android || ios) return /X11|Macintosh/.test(ua) && shortSide < PHONE_SIDE ? 'mobile' : 'tablet';
    // HarmonyOS says it.
    if (os === 'other') return /Tablet;/.test(ua) ? 'tablet' : /\(PC;/.test(ua) ? 'desktop' : 'other';
    return 'desktop';
  }
}
