import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { readBody } from '../http.ts';
import type { Docker } from './command.ts';

/** How long `cat` may take to begin; it needs some 0.02 s. */
const START_MS = 5_000;

/** Where a private Engine keeps the blobs that it has pulled or made. */
export interface EngineStore {
  /** The Engine's folder. */
  folder: string;
  /** What stands before a command that needs root; containerd lets nobody else into its folder. */
  asRoot: readonly string[];
  /** For `sudo` to be found; it needs none of the step's secrets. */
  path: string;
}

/**
 * The store of a private Engine.
 * @param docker whose DOCKER_HOST is from `engineHost`
 * @param asRoot as the Engine was started with
 */
export function engineStore({ env }: Docker, asRoot: readonly string[]): EngineStore {
  return {
    folder: dirname((env.DOCKER_HOST ?? '').replace(/^unix:\/\//, '')),
    asRoot,
    path: env.PATH ?? '',
  };
}

/**
 * Opens a blob of the store: as this user where it may read it, else by `cat` as root, which costs a process but no
 * download. Where it breaks off the stream just ends, which its reader finds by what gzip says.
 * @param digest `sha256:...`, from a manifest: nothing else is ever made a path that root reads
 * @returns undefined where the store does not hold it, as with layers that a cache already knew to be in the registry
 */
export async function openBlob(
  { folder, asRoot, path }: EngineStore,
  digest: string,
): Promise<Readable | undefined> {
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) return undefined;
  const blobs = join(folder, 'containerd/io.containerd.content.v1.content/blobs');
  const file = join(blobs, digest.replace(':', '/'));
  const readable = await access(file, constants.R_OK).then(
    () => true,
    () => false,
  );
  if (readable) return createReadStream(file, { highWaterMark: 256 * 1024 });
  return asRoot.length === 0 ? undefined : await catAsRoot([...asRoot, 'cat', file], path);
}

/** @returns undefined where it prints nothing: the file is not there, or root cannot be had */
async function catAsRoot(
  [program = '', ...args]: readonly string[],
  path: string,
): Promise<Readable | undefined> {
  const child = spawn(program, args, { env: { PATH: path }, stdio: ['ignore', 'pipe', 'ignore'] });
  const output = child.stdout;
  // Where nobody reads any more; who reads hears of it all the same. A reader that goes away ends `cat`: its pipe breaks.
  output.on('error', () => {});
  child.once('error', (cause) => output.destroy(cause));
  try {
    await once(output, 'readable', { signal: AbortSignal.timeout(START_MS) });
    return output.readableLength > 0 ? output : undefined;
  } catch {
    output.destroy();
    return undefined;
  }
}

/**
 * A small blob of the store: a manifest, an index or a config.
 * @throws Error where the store does not hold it, or it is no JSON
 */
export async function readJsonBlob(store: EngineStore, digest: string): Promise<unknown> {
  return JSON.parse((await readSmallBlob(store, digest)).toString('utf8'));
}

/** The same, byte by byte. */
export async function readSmallBlob(store: EngineStore, digest: string): Promise<Buffer> {
  const stream = await openBlob(store, digest);
  if (!stream) throw new Error(`${digest} is not in the store`);
  return await readBody(stream);
}
