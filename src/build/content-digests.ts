import { availableParallelism } from 'node:os';
import { setImmediate as yieldToIo } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { Doubt } from '../docker/dockerignore.ts';

/** A file to read: its path, and the bytes that it had when it was listed. */
export interface FileToRead {
  path: string;
  size: number;
}

/** Files and bytes of one message to a thread: enough to make the message cheap, few enough to share the work. */
const batchFiles = 500;
const batchBytes = 8 << 20;
/** Below this many batches a thread's start (20 to 40 ms) costs more than it saves. */
const worthThreads = 3;
/** Beyond these the disk and the memory are what is waited for. */
const mostThreads = 4;

/** What a thread is sent, and what it answers. */
type Answer = { digests: string[] } | { failure: string };

/**
 * The SHA-256 of each file's content, 64 hex digits, in the same order. Large lists are read by several threads.
 * No digest is kept from one run to the next: a file's times and inode are no proof of its content.
 * @throws Doubt on a file that cannot be read
 */
export async function contentDigests(
  files: readonly FileToRead[],
  threads = Math.min(availableParallelism(), mostThreads),
): Promise<string[]> {
  const batches = batchesOf(files);
  const digests =
    threads > 1 && batches.length >= worthThreads
      ? await inThreads(batches, Math.min(threads, batches.length))
      : await inTurn(batches);
  return digests.flat();
}

function batchesOf(files: readonly FileToRead[]): FileToRead[][] {
  const batches: FileToRead[][] = [];
  let batch: FileToRead[] = [];
  let bytes = 0;
  for (const file of files) {
    if (batch.length === 0) batches.push(batch);
    batch.push(file);
    bytes += file.size;
    if (batch.length < batchFiles && bytes < batchBytes) continue;
    batch = [];
    bytes = 0;
  }
  return batches;
}

async function inTurn(batches: readonly FileToRead[][]): Promise<string[][]> {
  const answer = answerer(contentReader());
  const digests: string[][] = [];
  for (const batch of batches) {
    digests.push(digestsOf(answer(batch)));
    // Calls of registries run beside this.
    await yieldToIo();
  }
  return digests;
}

async function inThreads(batches: readonly FileToRead[][], threads: number): Promise<string[][]> {
  const digests: string[][] = [];
  let next = 0;
  const workers = Array.from({ length: threads }, () => new Worker(threadSource, { eval: true }));
  try {
    await Promise.all(
      workers.map(async (worker) => {
        for (let at = next++; at < batches.length; at = next++)
          digests[at] = digestsOf(await ask(worker, batches[at] ?? []));
      }),
    );
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return digests;
}

async function ask(worker: Worker, batch: readonly FileToRead[]): Promise<Answer> {
  const answer = Promise.withResolvers<Answer>();
  worker.once('message', answer.resolve).once('error', answer.reject);
  worker.postMessage(batch);
  try {
    return await answer.promise;
  } finally {
    worker.off('error', answer.reject);
  }
}

function digestsOf(answer: Answer): string[] {
  if ('failure' in answer) throw new Doubt(answer.failure);
  return answer.digests;
}

// The three functions below are also the source of the threads: a bundle is one file, and a thread cannot import what
// lies in it. They therefore use nothing from outside of themselves.

/** Reads files into one piece of memory, whatever their size. */
function contentReader(): (file: FileToRead) => string {
  const { closeSync, openSync, readSync } = process.getBuiltinModule('node:fs');
  const { createHash, hash } = process.getBuiltinModule('node:crypto');
  const piece = Buffer.allocUnsafeSlow(1 << 20);
  return ({ path, size }) => {
    const file = openSync(path, 'r');
    try {
      // A file that has its listed size after one read is read; any other one is read to its end.
      const first = readSync(file, piece);
      if (first === size && first < piece.length) return hash('sha256', piece.subarray(0, first));
      const whole = createHash('sha256');
      for (let read = first; read > 0; read = readSync(file, piece)) whole.update(piece.subarray(0, read));
      return whole.digest('hex');
    } finally {
      closeSync(file);
    }
  };
}

function answerer(read: (file: FileToRead) => string): (batch: readonly FileToRead[]) => Answer {
  return (batch) => {
    try {
      return { digests: batch.map(read) };
    } catch (error) {
      return { failure: error instanceof Error ? error.message : String(error) };
    }
  };
}

function serve(answer: (batch: readonly FileToRead[]) => Answer): void {
  const { parentPort } = process.getBuiltinModule('node:worker_threads');
  parentPort?.on('message', (batch: readonly FileToRead[]) => parentPort.postMessage(answer(batch)));
}

const threadSource = `(${serve})((${answerer})((${contentReader})()))`;
