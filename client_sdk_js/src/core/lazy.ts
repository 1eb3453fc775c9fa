/** Parts of the SDK that are files of their own, fetched when they are first needed. */

/** Gives the part, fetched once; undefined when it does not load, and then the next call asks again. Never rejects. */
export interface Lazy<T> {
  (): Promise<T | undefined>;
  /** The part, once it is there. */
  _loaded?: T;
}

export function lazy<T>(load: () => Promise<T>, fault: (error: unknown) => void): Lazy<T> {
  let loading: Promise<T | undefined> | undefined;
  const part: Lazy<T> = () => {
    loading ??= load().then(
      (loaded) => {
        part._loaded = loaded;
        return loaded;
      },
      (error) => {
        loading = undefined;
        fault(error);
        return undefined;
      },
    );
    return loading;
  };
  return part;
}
