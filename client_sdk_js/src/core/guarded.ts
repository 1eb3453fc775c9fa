/** The wall between the SDK and the page: what goes wrong in a step of ours is counted and goes no further. */

/** The same functions, which never throw: they return undefined instead, and `fault` is told. */
export function guarded<T extends object>(steps: T, fault: (error: unknown) => void): T {
  const safe: Record<string, unknown> = {};
  for (const [name, step] of Object.entries(steps) as [string, (...args: unknown[]) => unknown][]) {
    safe[name] = (...args: unknown[]) => {
      try {
        return step(...args);
      } catch (error) {
        fault(error);
      }
    };
  }
  return safe as T;
}
