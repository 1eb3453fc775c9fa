/** Where in the page's scripts something was made: the call stack, as positions only. */

/** A place in a script, counted from 1. */
export interface Place {
  /** The script's address, without query and fragment. */
  url: string;
  line: number;
  column: number;
  /** The function's name, if it has one: for the developer's own eyes, it is never sent. */
  name: string;
}

/** Parts of `Error` that not every engine has. */
interface Tracing {
  stackTraceLimit?: unknown;
  prepareStackTrace?: unknown;
  captureStackTrace?(target: object, below: unknown): void;
}

const DEEPEST = 64; // calls: a library's own take 30
/** Not of the page: an extension's name would tell of the visitor, and what was made on the fly has no file. */
const FRAME =
  /^\s*(?:at (?:async )?(?:(.*?) \()?|(.*?)@)((?:https?|file|capacitor|ionic|tauri|app):\/\/[^\s()]+?):(\d{1,9}):(\d{1,9})\)?$/;

/** The stack as the engine writes it, without the calls from `below` on; undefined where it writes none. */
export function stackHere(below: unknown): string | undefined {
  const tracing = Error as unknown as Tracing;
  const { stackTraceLimit: limit, prepareStackTrace: prepare } = tracing;
  try {
    tracing.stackTraceLimit = DEEPEST;
    // A page's own may make anything of a stack.
    if (prepare) tracing.prepareStackTrace = undefined;
    const holder: { stack?: unknown } = {};
    if (tracing.captureStackTrace) tracing.captureStackTrace(holder, below);
    else holder.stack = new Error().stack;
    const { stack } = holder; // written now: an engine keeps the callers' objects until it is
    return typeof stack === 'string' ? stack : undefined;
  } finally {
    tracing.stackTraceLimit = limit;
    if (prepare) tracing.prepareStackTrace = prepare;
  }
}

/** Its places, the innermost first. What is in no file of the page is left out. */
export function placesOf(stack: string): Place[] {
  return stack.split('\n').flatMap((text) => {
    const [, inside, before, url, line, column] = FRAME.exec(text) ?? [];
    if (!url || /\beval at\b/.test(text)) return [];
    return [
      {
        url: url.replace(/[?#].*$/, ''),
        line: Number(line),
        column: Number(column),
        name: inside ?? before ?? '',
      },
    ];
  });
}
