/** The Web Locks of one origin, whose pages can die. */

type Held = Required<Pick<LockInfo, 'name'>>;

export class FakeLocks {
  readonly #held: { name: string; page: object }[] = [];
  readonly #waiting: { name: string; page: object; grant: () => void }[] = [];

  /** What one page sees of them, and what its death does to them. */
  page(): { locks: Pick<LockManager, 'request' | 'query'>; die: () => void } {
    const page = {};
    const request = (name: string, ...rest: unknown[]): Promise<unknown> => {
      const callback = rest.at(-1) as () => unknown;
      return new Promise((resolve, reject) => {
        const grant = async () => {
          this.#held.push({ name, page });
          try {
            resolve(await callback());
          } catch (error) {
            reject(error);
          }
          this.#release(name, page);
        };
        if (this.#held.some((lock) => lock.name === name)) this.#waiting.push({ name, page, grant });
        else queueMicrotask(grant);
      });
    };
    return {
      locks: {
        request: request as LockManager['request'],
        query: async () => ({ held: this.#held.map(({ name }): Held => ({ name })), pending: [] }),
      },
      die: () => {
        for (const { name } of this.#held.filter((lock) => lock.page === page)) this.#release(name, page);
      },
    };
  }

  #release(name: string, page: object): void {
    const at = this.#held.findIndex((lock) => lock.name === name && lock.page === page);
    if (at < 0) return;
    this.#held.splice(at, 1);
    const next = this.#waiting.findIndex((lock) => lock.name === name);
    if (next >= 0) this.#waiting.splice(next, 1)[0]?.grant();
  }
}
