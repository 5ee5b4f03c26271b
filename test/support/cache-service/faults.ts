/** What a client asks for: the three Twirp methods, and those of Azure's blob service. */
export type Operation =
  | 'CreateCacheEntry'
  | 'FinalizeCacheEntryUpload'
  | 'GetCacheEntryDownloadURL'
  | 'PutBlob'
  | 'PutBlock'
  | 'PutBlockList'
  | 'GetBlob'
  | 'HeadBlob';

/** Something that goes wrong on purpose. `delayMs` and one of the others can be combined. */
export interface Fault {
  on: Operation | readonly Operation[];
  /** Only entries whose key matches. */
  key?: RegExp;
  /** How many requests it hits; default: all. */
  times?: number;
  /** Milliseconds before the answer. */
  delayMs?: number;
  /** The answer is an error of this HTTP status: 401, 404, 429, 500, ... */
  status?: number;
  /** The blob is answered as if it ended after so many bytes. */
  keepBytes?: number;
}

/** The faults in force. */
export class Faults {
  readonly #faults: { fault: Fault; left: number }[] = [];

  /** @returns a function that takes the fault away again */
  add(fault: Fault): () => void {
    const item = { fault, left: fault.times ?? Number.POSITIVE_INFINITY };
    this.#faults.push(item);
    return () => {
      item.left = 0;
    };
  }

  /** The fault that hits this request, if any; counts as one of its `times`. */
  take(operation: Operation, key: string): Fault | undefined {
    const item = this.#faults.find(
      ({ fault, left }) =>
        left > 0 && [fault.on].flat().includes(operation) && (fault.key?.test(key) ?? true),
    );
    if (item) item.left -= 1;
    return item?.fault;
  }
}

/** Waits as the fault says. */
export async function delay(fault: Fault | undefined): Promise<void> {
  const ms = fault?.delayMs;
  if (ms) await new Promise((resolve) => setTimeout(resolve, ms));
}
