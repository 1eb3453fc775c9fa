/** Has TensorFlow.js read files that are there already in place of what it would fetch. */

import type { TensorFlow, TfEnvironment } from './types.js';

/** What a URL holds; undefined: it is to be fetched. */
type Give = (url: string) => Promise<Response> | undefined;

/**
 * Returns the adapter's `serve`. While something is served, the platform's `fetch` is ours, which every loader of
 * TensorFlow.js goes by unless its page gave it one of its own.
 */
export function servingTo(tf: TensorFlow): (give: Give) => () => void {
  const serving = new Set<Give>();
  let unhook = (): void => undefined;

  function hook(): void {
    const { platform } = tf.env() as TfEnvironment;
    const { fetch: theirs } = platform;
    const ours: typeof theirs = (url, ...rest) => {
      for (const give of serving) {
        const given = give(url);
        if (given) return given;
      }
      return theirs.call(platform, url, ...rest);
    };
    platform.fetch = ours;
    unhook = () => {
      // Somebody else may have put one of its own in front of ours: then it passes calls on.
      if (platform.fetch === ours) platform.fetch = theirs;
    };
  }

  return (give) => {
    if (!serving.size) hook();
    serving.add(give);
    return () => {
      serving.delete(give);
      if (!serving.size) unhook();
    };
  };
}
