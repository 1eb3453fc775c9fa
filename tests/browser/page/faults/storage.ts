/** What the browser keeps for one life's visits: lives at the same time must not find what another one kept. */

/** `localStorage`, as far as the SDK uses it. */
export class OwnStorage {
  #prefix: string;
  constructor(prefix: string) {
    this.#prefix = prefix;
  }
  getItem(key: string): string | null {
    return localStorage.getItem(this.#prefix + key);
  }
  setItem(key: string, value: string): void {
    localStorage.setItem(this.#prefix + key, value);
  }
  removeItem(key: string): void {
    localStorage.removeItem(this.#prefix + key);
  }
}

/** `indexedDB`, as far as the SDK uses it. */
export class OwnDatabases {
  #prefix: string;
  constructor(prefix: string) {
    this.#prefix = prefix;
  }
  open(name: string, version?: number): IDBOpenDBRequest {
    return indexedDB.open(this.#prefix + name, version);
  }
  deleteDatabase(name: string): IDBOpenDBRequest {
    return indexedDB.deleteDatabase(this.#prefix + name);
  }
}
