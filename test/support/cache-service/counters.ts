import type { Operation } from './faults.ts';

/** What a stand-in was asked since it started or since `resetCounters`. */
export interface Counters {
  /** All requests, refused ones too. */
  requests: number;
  /** Bytes of blobs received and sent. */
  bytesUp: number;
  bytesDown: number;
  /** Lookups that found an entry, and those that did not. */
  hits: number;
  misses: number;
  /** Requests refused for their token or signature. */
  refused: number;
  by: Record<Operation, number>;
}

/** All at zero. */
export function newCounters(): Counters {
  return {
    requests: 0,
    bytesUp: 0,
    bytesDown: 0,
    hits: 0,
    misses: 0,
    refused: 0,
    by: {
      CreateCacheEntry: 0,
      FinalizeCacheEntryUpload: 0,
      GetCacheEntryDownloadURL: 0,
      PutBlob: 0,
      PutBlock: 0,
      PutBlockList: 0,
      GetBlob: 0,
      HeadBlob: 0,
    },
  };
}
