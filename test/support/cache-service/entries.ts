import { randomUUID } from 'node:crypto';

/** One cache entry; it can be found once it is `complete`. */
export interface Entry {
  /** Name of its blob. */
  id: string;
  /** Order of creation, and the answer's `entry_id`. */
  number: number;
  key: string;
  version: string;
  /** The ref that wrote it. */
  scope: string;
  complete: boolean;
  /** Undefined until it is uploaded. */
  content: Buffer | undefined;
}

/**
 * The entries of one repository, looked up as GitHub documents it ("Cache key matching"): scope by scope; in each
 * the key itself, then what it is a prefix of, then the restore keys in order; of several the newest.
 */
export class Entries {
  readonly #entries: Entry[] = [];
  #last = 0;

  /** All entries, oldest first. */
  get all(): readonly Entry[] {
    return this.#entries;
  }

  /** @returns undefined where the scope has the entry already, or one that is still being uploaded */
  reserve(key: string, version: string, scope: string): Entry | undefined {
    if (this.#entries.some((entry) => isThe(entry, key, version, scope))) return undefined;
    this.#last += 1;
    const entry = {
      id: randomUUID(),
      number: this.#last,
      key,
      version,
      scope,
      complete: false,
      content: undefined,
    };
    this.#entries.push(entry);
    return entry;
  }

  /** The entry of exactly this key, complete or not. */
  exact(key: string, version: string, scope: string): Entry | undefined {
    return this.#entries.find((entry) => isThe(entry, key, version, scope));
  }

  find(keys: readonly string[], version: string, scopes: readonly string[]): Entry | undefined {
    for (const scope of scopes) {
      const newestFirst = this.#entries
        .filter((entry) => entry.complete && entry.version === version && entry.scope === scope)
        .reverse();
      for (const key of keys) {
        const found =
          newestFirst.find((entry) => entry.key === key) ??
          newestFirst.find((entry) => entry.key.startsWith(key));
        if (found) return found;
      }
    }
    return undefined;
  }

  byId(id: string): Entry | undefined {
    return this.#entries.find((entry) => entry.id === id);
  }

  /** @returns how many entries were removed */
  remove(which: (entry: Entry) => boolean): number {
    const before = this.#entries.length;
    this.#entries.splice(0, before, ...this.#entries.filter((entry) => !which(entry)));
    return before - this.#entries.length;
  }
}

function isThe(entry: Entry, key: string, version: string, scope: string): boolean {
  return entry.key === key && entry.version === version && entry.scope === scope;
}
